"""GitLab's answers, as far as they are read: shapes without behaviour, and how a job's facts are made of them.

Fields: docs.gitlab.com/api/jobs, /api/projects, /api/runners, /api/users, /api/graphql/reference (CiJob).
"""

import sys
from datetime import datetime
from typing import Annotated, Any

import msgspec

from scaler.queue import PENDING, Job

_Gid = Annotated[str, msgspec.Meta(pattern=r"(?:^|/)[0-9]{1,19}\Z")]
"""A global ID such as gid://gitlab/Ci::Build/42."""

_Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says where: without, it would be this machine's."""


class _Numbered(msgspec.Struct):
    id: int = 0


class _Global(msgspec.Struct):
    id: _Gid


class _Pipeline(msgspec.Struct):
    project_id: int = 0


class JobItem(msgspec.Struct, kw_only=True):
    """A job in a REST list. `queued_duration` is in seconds, up to now while it is pending."""

    id: int
    status: str
    name: str = ""
    ref: str | None = None
    tag_list: tuple[str, ...] = ()
    created_at: _Time | None = None
    queued_duration: float | None = None
    pipeline: _Pipeline = msgspec.field(default_factory=_Pipeline)
    runner: _Numbered | None = None


class ProjectItem(msgspec.Struct, kw_only=True):
    """A project: whether it is archived, and whether it has CI at all."""

    id: int
    path_with_namespace: str
    archived: bool = False
    jobs_enabled: bool = True
    builds_access_level: str = "enabled"

    @property
    def has_jobs(self) -> bool:
        """Whether its jobs can be asked for: without CI, GitLab answers 403."""
        return not self.archived and self.jobs_enabled and self.builds_access_level != "disabled"


class RunnerItem(msgspec.Struct, kw_only=True):
    """A runner: its settings (in details only), and how it is. `job_execution_status` is active or idle, if known."""

    id: int
    tag_list: tuple[str, ...] = ()
    run_untagged: bool = True
    paused: bool = False
    online: bool | None = None
    job_execution_status: str | None = None


class UserItem(msgspec.Struct):
    """Whose token it is; GitLab tells `is_admin` to administrators only."""

    username: str
    is_admin: bool = False


class _JobNode(msgspec.Struct, rename="camel", kw_only=True):
    id: _Gid
    status: str
    name: str | None = None
    tags: tuple[str, ...] | None = None
    ref_name: str | None = None
    created_at: _Time
    queued_at: _Time | None = None
    runner: _Global | None = None
    project: _Global | None = None


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class JobConnection(msgspec.Struct, rename="camel"):
    """One page of jobs from GraphQL."""

    nodes: tuple[_JobNode, ...]
    page_info: _PageInfo


class _JobsData(msgspec.Struct):
    jobs: JobConnection | None = None


class _GraphError(msgspec.Struct):
    message: str = ""


class GraphAnswer(msgspec.Struct):
    """GraphQL's answer: data, or errors with status 200."""

    data: _JobsData | None = None
    errors: tuple[_GraphError, ...] = ()


JOBS_QUERY = """
query queue($statuses: [CiJobStatus!], $after: String%s) {
  jobs(statuses: $statuses, first: 100, after: $after%s) {
    nodes { id status name tags refName createdAt queuedAt runner { id } project { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
"""`%` with two texts: nothing, or the declaration and the use of a runner."""

_RUNNER = (", $runner: CiRunnerID", ", compatibleRunnerId: $runner")


def jobs_query(statuses: tuple[str, ...], after: str | None, runner_id: int | None) -> dict[str, Any]:
    """The body of one GraphQL call for a page of jobs; of `runner_id`'s only, if there is one."""
    variables: dict[str, Any] = {"statuses": [status.upper() for status in statuses], "after": after}
    if runner_id is not None:
        variables["runner"] = f"gid://gitlab/Ci::Runner/{runner_id}"
    return {"query": JOBS_QUERY % (_RUNNER if runner_id is not None else ("", "")), "variables": variables}


def job_of_item(item: JobItem, project_id: int, now: float, runner_id: int | None = None) -> Job:
    """A job's facts from a REST list, answered at `now` (epoch)."""
    return Job(
        id=item.id,
        project_id=project_id or item.pipeline.project_id,
        status=item.status,
        tags=_shared(item.tag_list),
        queued_at=_queued_at(item, now),
        runner_id=runner_id if item.runner is None else item.runner.id,
        name=item.name,
        ref=sys.intern(item.ref or ""),
    )


def job_of_node(node: _JobNode) -> Job:
    """A job's facts from GraphQL."""
    return Job(
        id=_number(node.id),
        project_id=_number(node.project.id) if node.project else 0,
        status=node.status.lower(),
        tags=_shared(node.tags or ()),
        queued_at=(node.queued_at or node.created_at).timestamp(),
        runner_id=_number(node.runner.id) if node.runner else None,
        name=node.name or "",
        ref=sys.intern(node.ref_name or ""),
    )


def _queued_at(item: JobItem, now: float) -> float:
    if item.status == PENDING and item.queued_duration is not None:
        return now - item.queued_duration
    return item.created_at.timestamp() if item.created_at else now


def _shared(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The same tags, each kept once in memory however many jobs have it."""
    return tuple(sys.intern(tag) for tag in tags)


def _number(gid: str) -> int:
    """42 of gid://gitlab/Ci::Build/42."""
    return int(gid.rpartition("/")[2])
