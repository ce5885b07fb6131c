"""Runners as GitLab's REST API shows them (docs: api/runners). What is deprecated is left in, as GitLab does."""

from tests.gitlab.calls import Json
from tests.gitlab.clock import stamp
from tests.gitlab.model import Group, Project, Runner
from tests.gitlab.project_shapes import project_simple


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
        "job_execution_status": "active" if value.running else "idle",
    }


def _runner_status(value: Runner) -> str:
    if value.paused:
        return "paused"
    return "online" if value.online else "offline"
