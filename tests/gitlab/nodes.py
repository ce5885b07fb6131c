"""GraphQL's objects as dictionaries with GitLab's field names (docs: api/graphql/reference)."""

from tests.gitlab.clock import whole_stamp
from tests.gitlab.model import HAS_RUNNER, Job, Runner, Status, User

Node = dict[str, object]

_ACTIVE = {*HAS_RUNNER, Status.WAITING_FOR_RESOURCE, Status.PREPARING, Status.WAITING_FOR_CALLBACK, Status.PENDING}


def job(value: Job, now: float) -> Node:
    """Return a CiJob."""
    return {
        "__typename": "CiJob",
        "active": value.status in _ACTIVE,
        "allowFailure": False,
        "id": f"gid://gitlab/Ci::Build/{value.id}",
        "kind": "BUILD",
        "name": value.name,
        "pipeline": {"id": f"gid://gitlab/Ci::Pipeline/{value.pipeline.id}", "iid": str(value.pipeline.iid)},
        "project": {"id": f"gid://gitlab/Project/{value.project.id}", "fullPath": value.project.full_path},
        "refName": value.pipeline.ref,
        "runner": None if value.runner is None else runner(value.runner),
        "shortSha": value.pipeline.sha[:8],
        "source": value.pipeline.source,
        "stage": {"name": value.stage},
        "status": value.status.name,
        "tags": list(value.tags),
        "webPath": f"/{value.project.full_path}/-/jobs/{value.id}",
        **_times(value, now),
    }


def runner(value: Runner) -> Node:
    """Return a CiRunner."""
    return {
        "description": value.description,
        "id": f"gid://gitlab/Ci::Runner/{value.id}",
        "jobExecutionStatus": "ACTIVE" if value.running else "IDLE",
        "paused": value.paused,
        "runUntagged": value.run_untagged,
        "runnerType": value.type.upper(),
        "tagList": sorted(value.tags),
    }


def user(value: User) -> Node:
    """Return a CurrentUser; whether it is an admin GitLab's schema does not say."""
    return {
        "bot": False,
        "id": f"gid://gitlab/User/{value.id}",
        "name": value.username.title(),
        "username": value.username,
    }


def _times(value: Job, now: float) -> Node:
    ran = value.ran(now)
    return {
        "createdAt": whole_stamp(value.created_at),
        "duration": None if ran is None else int(ran),
        "finishedAt": whole_stamp(value.finished_at),
        "queuedAt": whole_stamp(value.queued_at),
        "queuedDuration": value.queued(now),
        "startedAt": whole_stamp(value.started_at),
    }
