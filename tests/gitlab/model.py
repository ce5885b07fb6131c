"""What a GitLab instance holds, as far as a job queue needs it. Times are seconds since the epoch."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """A job's status; the values of the `scope` attribute in GitLab's Jobs API (docs: api/jobs)."""

    CREATED = "created"
    WAITING_FOR_RESOURCE = "waiting_for_resource"
    PREPARING = "preparing"
    WAITING_FOR_CALLBACK = "waiting_for_callback"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELING = "canceling"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    MANUAL = "manual"
    SCHEDULED = "scheduled"


FINISHED = frozenset({Status.SUCCESS, Status.FAILED, Status.CANCELED})
_PIPELINE_ORDER = (
    Status.RUNNING,
    Status.CANCELING,
    Status.WAITING_FOR_RESOURCE,
    Status.PREPARING,
    Status.WAITING_FOR_CALLBACK,
    Status.PENDING,
    Status.SCHEDULED,
    Status.CREATED,
    Status.FAILED,
    Status.CANCELED,
    Status.MANUAL,
    Status.SUCCESS,
    Status.SKIPPED,
)
HAS_RUNNER = frozenset({Status.RUNNING, Status.CANCELING})


class Role(StrEnum):
    """What a member may do; a guest of a private project does not see its jobs (docs: user/permissions)."""

    GUEST = "guest"
    REPORTER = "reporter"
    MAINTAINER = "maintainer"


@dataclass
class User:
    """A person or bot.

    An auditor reads every group and project but is no admin (docs: administration/auditor_users).
    """

    id: int
    username: str
    admin: bool = False
    auditor: bool = False
    roles: dict[str, Role] = field(default_factory=dict)
    """Full path of a group or project -> the role there."""


@dataclass
class Token:
    """A personal, group or project access token (docs: user/profile/personal_access_tokens)."""

    value: str
    user: User
    scopes: frozenset[str]
    expires_at: float | None = None
    revoked: bool = False


@dataclass
class Group:
    """A group; with a parent it is a subgroup."""

    id: int
    path: str
    parent: "Group | None" = None
    created_at: float = 0.0

    @property
    def full_path(self) -> str:
        """Return the path from the root, such as `platform/build`."""
        return f"{self.parent.full_path}/{self.path}" if self.parent else self.path

    def lineage(self) -> list["Group"]:
        """Return the group and its ancestors, the nearest first."""
        return [self, *(self.parent.lineage() if self.parent else [])]


@dataclass
class Project:
    """A project in a group. `shared_with` are groups that it was shared with."""

    id: int
    path: str
    group: Group
    archived: bool = False
    visibility: str = "private"
    jobs_enabled: bool = True
    shared_with: list[Group] = field(default_factory=list)
    created_at: float = 0.0

    @property
    def full_path(self) -> str:
        """Return the path from the root, such as `platform/build/api`."""
        return f"{self.group.full_path}/{self.path}"


@dataclass
class Runner:
    """A runner.

    `concurrent` is how many jobs it takes at once; `scope` holds the full paths of the groups or projects
    that it serves, and is empty for an instance runner. `running` is how many jobs it has now.
    """

    id: int
    type: str
    description: str
    tags: frozenset[str]
    run_untagged: bool
    scope: frozenset[str]
    concurrent: int
    online: bool = True
    paused: bool = False
    running: int = 0
    created_at: float = 0.0

    def serves(self, project: Project) -> bool:
        """Say whether the project, or a group above it, is in the runner's scope."""
        paths = {project.full_path, *(group.full_path for group in project.group.lineage())}
        return not self.scope or not self.scope.isdisjoint(paths)

    def matches(self, job: "Job") -> bool:
        """Say whether the runner may take the job: it serves the project and has all of the job's tags.

        A job without tags goes only to a runner that runs untagged jobs (docs: ci/runners/configure_runners).
        """
        tagged = self.tags.issuperset(job.tags) if job.tags else self.run_untagged
        return tagged and self.serves(job.project)


@dataclass
class Pipeline:
    """A pipeline: one commit's jobs."""

    id: int
    iid: int
    project: Project
    ref: str
    sha: str
    source: str
    created_at: float
    counts: Counter[Status] = field(default_factory=Counter)

    @property
    def status(self) -> str:
        """Return what its jobs make of it (docs: api/pipelines): the first in order that one of them has."""
        return next((status.value for status in _PIPELINE_ORDER if self.counts[status]), Status.CREATED.value)


@dataclass(slots=True)
class Job:
    """A job. `queued_at` is when it became pending; `runner` is set from the moment it runs."""

    id: int
    name: str
    stage: str
    pipeline: Pipeline
    user: User
    status: Status
    tags: tuple[str, ...]
    created_at: float
    queued_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    runner: Runner | None = None
    failure_reason: str | None = None

    @property
    def project(self) -> Project:
        """Return the project that the job's pipeline belongs to."""
        return self.pipeline.project

    def queued(self, now: float) -> float | None:
        """Return the seconds spent pending: until it started, or until `now`."""
        return _between(self.queued_at, self.started_at, now)

    def ran(self, now: float) -> float | None:
        """Return the seconds spent running: until it finished, or until `now`."""
        return _between(self.started_at, self.finished_at, now)


def _between(start: float | None, end: float | None, now: float) -> float | None:
    return None if start is None else (now if end is None else end) - start
