"""GitLab's REST answers as JSON values.

The fields are those of the examples in GitLab's documentation: api/jobs (list project jobs), api/runners (get
a runner's details, list a runner's jobs), api/projects and api/groups (list a group's projects), api/version,
api/metadata and api/users (get the current user). What the documentation calls deprecated is left in, as
GitLab does.
"""

from tests.gitlab.calls import Json
from tests.gitlab.clock import stamp
from tests.gitlab.model import Group, Job, Pipeline, Project, Runner, Status, User


def job(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return a job as `GET /projects/:id/jobs` lists it (docs: api/jobs)."""
    return {
        **job_basic(value, now, url),
        "archived": value.project.archived,
        "source": value.pipeline.source,
        "artifacts": [],
        "artifacts_expire_at": None,
        "runner": None if value.runner is None else runner(value.runner),
        "runner_manager": None if value.runner is None else runner_manager(value.runner),
        "tag_list": list(value.tags),
    }


def job_basic(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return what every list of jobs has in common."""
    shape: dict[str, Json] = {
        "id": value.id,
        "status": value.status.value,
        "stage": value.stage,
        "name": value.name,
        "ref": value.pipeline.ref,
        "tag": False,
        "coverage": None,
        "allow_failure": False,
        "created_at": stamp(value.created_at),
        "started_at": stamp(value.started_at),
        "finished_at": stamp(value.finished_at),
        "erased_at": None,
        "duration": value.ran(now),
        "queued_duration": value.queued(now),
        "user": user(value.user, url),
        "commit": commit(value.pipeline, url),
        "pipeline": pipeline(value.pipeline, url),
        "web_url": f"{url}/{value.project.full_path}/-/jobs/{value.id}",
        "project": {"ci_job_token_scope_enabled": False},
    }
    if value.status is Status.FAILED:
        shape["failure_reason"] = value.failure_reason
    return shape


def runner_job(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return a job as `GET /runners/:id/jobs` does: with its project, without tags (docs: api/runners)."""
    return {**job_basic(value, now, url), "project": project_identity(value.project)}


def pipeline(value: Pipeline, url: str) -> dict[str, Json]:
    """Return a job's pipeline (docs: api/jobs, api/pipelines)."""
    created = stamp(value.created_at)
    return {
        "id": value.id,
        "iid": value.iid,
        "project_id": value.project.id,
        "sha": value.sha,
        "ref": value.ref,
        "status": "running",
        "source": value.source,
        "created_at": created,
        "updated_at": created,
        "web_url": f"{url}/{value.project.full_path}/-/pipelines/{value.id}",
    }


def commit(value: Pipeline, url: str) -> dict[str, Json]:
    """Return the commit that a pipeline tests (docs: api/jobs, api/commits)."""
    created = stamp(value.created_at)
    return {
        "id": value.sha,
        "short_id": value.sha[:8],
        "created_at": created,
        "parent_ids": [],
        "title": "Change something",
        "message": "Change something\n",
        "author_name": "Administrator",
        "author_email": "admin@example.com",
        "authored_date": created,
        "committer_name": "Administrator",
        "committer_email": "admin@example.com",
        "committed_date": created,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{url}/{value.project.full_path}/-/commit/{value.sha}",
    }


def user_basic(value: User, url: str) -> dict[str, Json]:
    """Return a user in short (docs: api/users)."""
    return {
        "id": value.id,
        "username": value.username,
        "name": value.username.title(),
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{url}/{value.username}",
    }


def user(value: User, url: str) -> dict[str, Json]:
    """Return a user as a job carries it (docs: api/jobs)."""
    return {
        **user_basic(value, url),
        "created_at": "2015-12-21T13:14:24.077Z",
        "bio": "",
        "location": "",
        "public_email": "",
        "linkedin": "",
        "twitter": "",
        "website_url": "",
        "organization": "",
    }


def current_user(value: User, url: str) -> dict[str, Json]:
    """Return the answer of `GET /user`; only an admin sees `is_admin` (docs: api/users)."""
    shape = {**user(value, url), "email": f"{value.username}@example.com", "bot": False}
    return {**shape, "is_admin": True} if value.admin else shape


def runner(value: Runner) -> dict[str, Json]:
    """Return a runner as lists and jobs carry it (docs: api/runners); `status` is that of API v4."""
    return {
        "id": value.id,
        "description": value.description,
        "ip_address": None,
        "active": not value.paused,
        "paused": value.paused,
        "is_shared": value.type == "instance_type",
        "runner_type": value.type,
        "name": None,
        "online": value.online,
        "created_at": stamp(value.created_at),
        "status": _runner_status(value),
        "job_execution_status": "active" if value.running else "idle",
    }


def runner_details(value: Runner, projects: list[Project], groups: list[Group], url: str) -> dict[str, Json]:
    """Return the answer of `GET /runners/:id` (docs: api/runners, get a runner's details)."""
    return {
        **runner(value),
        "tag_list": sorted(value.tags),
        "run_untagged": value.run_untagged,
        "locked": False,
        "maximum_timeout": None,
        "access_level": "not_protected",
        "version": "19.4.0",
        "revision": "00000000",
        "platform": "linux",
        "architecture": "amd64",
        "contacted_at": stamp(value.created_at),
        "maintenance_note": None,
        "projects": [project_simple(project, url) for project in projects],
        "groups": [
            {"id": group.id, "web_url": f"{url}/groups/{group.full_path}", "name": group.path} for group in groups
        ],
    }


def runner_manager(value: Runner) -> dict[str, Json]:
    """Return the machine that ran a job (docs: api/runners, list all runner managers)."""
    return {
        "id": value.id,
        "system_id": f"s_{value.id:012x}",
        "version": "19.4.0",
        "revision": "00000000",
        "platform": "linux",
        "architecture": "amd64",
        "created_at": stamp(value.created_at),
        "contacted_at": stamp(value.created_at),
        "ip_address": "127.0.0.1",
        "status": "online" if value.online else "offline",
    }


def project_identity(value: Project) -> dict[str, Json]:
    """Return the project's names (docs: api/runners, list a runner's jobs)."""
    names = [group.path for group in reversed(value.group.lineage())]
    return {
        "id": value.id,
        "description": None,
        "name": value.path,
        "name_with_namespace": " / ".join([*names, value.path]),
        "path": value.path,
        "path_with_namespace": value.full_path,
        "created_at": stamp(value.created_at),
    }


def project_simple(value: Project, url: str) -> dict[str, Json]:
    """Return a project as lists with `simple=true` carry it (docs: api/projects)."""
    host = url.partition("://")[2]
    return {
        **project_identity(value),
        "default_branch": "main",
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@{host}:{value.full_path}.git",
        "http_url_to_repo": f"{url}/{value.full_path}.git",
        "web_url": f"{url}/{value.full_path}",
        "readme_url": f"{url}/{value.full_path}/-/blob/main/README.md",
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": stamp(value.created_at),
        "namespace": _namespace(value.group, url),
    }


def project(value: Project, url: str) -> dict[str, Json]:
    """Return a project as `GET /projects/:id` and a group's list do (docs: api/projects, api/groups)."""
    return {
        **project_simple(value, url),
        "_links": {"self": f"{url}/api/v4/projects/{value.id}"},
        "archived": value.archived,
        "visibility": value.visibility,
        "empty_repo": False,
        "jobs_enabled": True,
        "shared_runners_enabled": True,
        "creator_id": 1,
        "import_status": "none",
        "public_jobs": True,
        "builds_access_level": "enabled",
        "shared_with_groups": [_share(group) for group in value.shared_with],
    }


def metadata(version: str) -> dict[str, Json]:
    """Return the answer of `GET /metadata` (docs: api/metadata)."""
    return {
        "version": version,
        "revision": "00000000000",
        "kas": {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None},
        "enterprise": version.endswith("-ee"),
    }


def _namespace(group: Group, url: str) -> dict[str, Json]:
    return {
        "id": group.id,
        "name": group.path,
        "path": group.path,
        "kind": "group",
        "full_path": group.full_path,
        "parent_id": group.parent.id if group.parent else None,
        "avatar_url": None,
        "web_url": f"{url}/groups/{group.full_path}",
    }


def _share(group: Group) -> dict[str, Json]:
    return {
        "group_id": group.id,
        "group_name": group.path,
        "group_full_path": group.full_path,
        "group_access_level": 30,
        "expires_at": None,
    }


def _runner_status(value: Runner) -> str:
    if value.paused:
        return "paused"
    return "online" if value.online else "offline"
