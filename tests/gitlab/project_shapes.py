"""Projects as GitLab's REST API shows them (docs: api/projects, api/groups: list a group's projects)."""

from tests.gitlab.calls import Json
from tests.gitlab.clock import stamp
from tests.gitlab.model import Group, Project


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
        "visibility": value.visibility,
        "namespace": _namespace(value.group, url),
    }


def project(value: Project, url: str) -> dict[str, Json]:
    """Return a project as `GET /projects/:id` and a group's list do (docs: api/projects, api/groups)."""
    return {
        **project_simple(value, url),
        "_links": {"self": f"{url}/api/v4/projects/{value.id}"},
        "archived": value.archived,
        "empty_repo": False,
        "jobs_enabled": value.jobs_enabled,
        "shared_runners_enabled": True,
        "creator_id": 1,
        "import_status": "none",
        "public_jobs": True,
        "builds_access_level": "enabled" if value.jobs_enabled else "disabled",
        "shared_with_groups": [_share(group) for group in value.shared_with],
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
