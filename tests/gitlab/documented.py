"""What GitLab's own API description says of the answers that we read, as tables of fields and JSON types.

Taken from the entities of doc/api/openapi in GitLab 19 (API_Entities_Ci_Job, _Ci_JobBasicWithProject, _Ci_Runner,
_Ci_RunnerDetails, _Ci_RunnerManager, _Ci_PipelineBasic, _User, _Commit, _BasicProjectDetails, _Project, _Metadata), and
from the pages api/jobs and api/graphql/reference. A `?` behind a name marks what is not always there; null is allowed
for all but identifiers, names and statuses.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from tests.gitlab.calls import Json

Shape: TypeAlias = "str | Mapping[str, Shape] | list[Shape]"

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_NEVER_NULL = frozenset({"id", "name", "status", "path", "project_id", "sha", "ref"})

USER: Mapping[str, Shape] = {
    "id": "integer",
    "username": "string",
    "name": "string",
    "state": "string",
    "locked?": "boolean",
    "avatar_url": "string",
    "web_url": "string",
    "created_at?": "string",
    "bio?": "string",
    "location?": "string",
    "public_email?": "string",
    "linkedin?": "string",
    "twitter?": "string",
    "discord?": "string",
    "website_url?": "string",
    "github?": "string",
    "job_title?": "string",
    "pronouns?": "string",
    "organization?": "string",
    "bot?": "boolean",
    "work_information?": "string",
    "followers?": "integer",
    "following?": "integer",
    "local_time?": "string",
}
CURRENT_USER: Shape = {**USER, "email": "string", "is_admin?": "boolean"}
COMMIT: Shape = {
    "id": "string",
    "short_id": "string",
    "created_at": "string",
    "parent_ids?": "array",
    "title": "string",
    "message": "string",
    "author_name": "string",
    "author_email": "string",
    "authored_date?": "string",
    "committer_name?": "string",
    "committer_email?": "string",
    "committed_date?": "string",
    "trailers?": "object",
    "extended_trailers?": "object",
    "web_url?": "string",
}
PIPELINE: Shape = {
    "id": "integer",
    "iid?": "integer",
    "project_id": "integer",
    "sha": "string",
    "ref": "string",
    "status": "string",
    "source?": "string",
    "created_at?": "string",
    "updated_at?": "string",
    "web_url?": "string",
}
RUNNER: Mapping[str, Shape] = {
    "id": "integer",
    "description": "string",
    "ip_address": "string",
    "active": "boolean",
    "paused": "boolean",
    "is_shared": "boolean",
    "runner_type": "string",
    "name?": "string?",
    "online": "boolean",
    "created_at?": "string",
    "status": "string",
    "job_execution_status?": "string",
}
RUNNER_MANAGER: Shape = {
    "id": "integer",
    "system_id": "string",
    "version": "string",
    "revision": "string",
    "platform": "string",
    "architecture": "string",
    "created_at": "string",
    "contacted_at": "string",
    "ip_address": "string",
    "status": "string",
    "job_execution_status?": "string",
}
PROJECT_IDENTITY: Mapping[str, Shape] = {
    "id": "integer",
    "description": "string",
    "name": "string",
    "name_with_namespace": "string",
    "path": "string",
    "path_with_namespace": "string",
    "created_at": "string",
}
NAMESPACE: Shape = {
    "id": "integer",
    "name": "string",
    "path": "string",
    "kind": "string",
    "full_path": "string",
    "parent_id": "integer",
    "avatar_url": "string",
    "web_url": "string",
}
PROJECT_SIMPLE: Mapping[str, Shape] = {
    **PROJECT_IDENTITY,
    "default_branch?": "string",
    "tag_list": "array",
    "topics": "array",
    "ssh_url_to_repo": "string",
    "http_url_to_repo": "string",
    "web_url": "string",
    "readme_url?": "string",
    "forks_count?": "integer",
    "avatar_url": "string",
    "star_count": "integer",
    "last_activity_at": "string",
    "visibility?": "string",
    "namespace": NAMESPACE,
}
PROJECT: Shape = {
    **PROJECT_SIMPLE,
    "_links": "object",
    "archived": "boolean",
    "empty_repo?": "boolean",
    "jobs_enabled": "boolean",
    "shared_runners_enabled": "boolean",
    "creator_id?": "integer",
    "import_status?": "string",
    "public_jobs?": "boolean",
    "builds_access_level?": "string",
    "shared_with_groups": ["object"],
}
JOB_BASIC: Mapping[str, Shape] = {
    "id": "integer",
    "status": "string",
    "stage": "string",
    "name": "string",
    "ref": "string",
    "tag": "boolean",
    "coverage": "number",
    "allow_failure": "boolean",
    "created_at": "string",
    "started_at": "string",
    "finished_at": "string",
    "erased_at?": "string",
    "duration": "number",
    "queued_duration": "number",
    "user": USER,
    "commit": COMMIT,
    "pipeline": PIPELINE,
    "failure_reason?": "string",
    "web_url": "string",
}
JOB: Shape = {
    **JOB_BASIC,
    "project": {"ci_job_token_scope_enabled": "boolean"},
    "archived?": "boolean",
    "source?": "string",
    "artifacts_file?": "object",
    "artifacts": ["object"],
    "artifacts_expire_at": "string",
    "runner": RUNNER,
    "runner_manager?": RUNNER_MANAGER,
    "tag_list": ["string"],
}
RUNNER_JOB: Shape = {**JOB_BASIC, "project": PROJECT_IDENTITY}
RUNNER_DETAILS: Shape = {
    **RUNNER,
    "tag_list": ["string"],
    "run_untagged": "boolean",
    "locked": "boolean",
    "maximum_timeout": "integer",
    "access_level": "string",
    "version": "string",
    "revision": "string",
    "platform": "string",
    "architecture": "string",
    "contacted_at": "string",
    "maintenance_note?": "string",
    "projects": [PROJECT_SIMPLE],
    "groups": ["object"],
}
VERSION: Shape = {"version": "string", "revision": "string"}
METADATA: Shape = {"version": "string", "revision": "string", "kas": "object", "enterprise?": "boolean"}


def differences(value: Json, shape: Shape, *, strict: bool, path: str = "$") -> Iterator[str]:
    """Yield how a value differs from its shape; `strict` also finds fields that are not in the shape."""
    if isinstance(shape, str):
        kind = shape.removesuffix("?")
        nullable = shape.endswith("?") or path.rpartition(".")[2] not in _NEVER_NULL
        if not (nullable and value is None) and not _is(value, kind):
            yield f"{path} is {value!r}, no {kind}"
    elif isinstance(shape, list):
        yield from _list_differences(value, shape[0], strict=strict, path=path)
    elif value is not None:
        yield from _object_differences(value, shape, strict=strict, path=path)


def _is(value: Json, kind: str) -> bool:
    # A bool is an int in Python, and no number in JSON.
    return isinstance(value, _JSON_TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _list_differences(value: Json, shape: Shape, *, strict: bool, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is {value!r}, no array"
        return
    for number, item in enumerate(value):
        yield from differences(item, shape, strict=strict, path=f"{path}[{number}]")


def _object_differences(value: Json, shape: Mapping[str, Shape], *, strict: bool, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path} is {value!r}, no object"
        return
    known = {name.removesuffix("?") for name in shape}
    yield from (f"{path}.{name} is not documented" for name in value if strict and name not in known)
    for name, inner in shape.items():
        field = name.removesuffix("?")
        if field in value:
            yield from differences(value[field], inner, strict=strict, path=f"{path}.{field}")
        elif not name.endswith("?"):
            yield f"{path}.{field} is missing"
