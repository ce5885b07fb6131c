"""Counts GitLab's jobs: which of them a runner could take, and why not the rest. Pure.

GitLab's rule: a runner takes a job whose tags are all among its own (exact strings); a job without tags only if
it runs untagged jobs (docs.gitlab.com/ci/runners/configure_runners, "Control jobs that a runner can run").
"""

import enum
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

PENDING = "pending"
RUNNING = "running"


class Job(msgspec.Struct, frozen=True, gc=False):
    """What is known of one job. `queued_at` is in seconds of the epoch; `runner_id` is None while nobody has it."""

    id: int
    project_id: int
    status: str
    tags: tuple[str, ...] = ()
    queued_at: float = 0.0
    runner_id: int | None = None
    name: str = ""
    ref: str = ""


class Why(enum.StrEnum):
    """Why a job was not counted."""

    STATUS = "status"  # neither pending nor running, or running where only pending ones count
    TAGS = "tags"  # it has a tag that the runner has not
    UNTAGGED = "untagged"  # it has no tags, and the runner takes tagged jobs only
    AGE = "age"  # it has waited less than minQueuedSeconds
    RUNNER = "runner"  # it runs on another runner


@dataclass(frozen=True, slots=True)
class Selection:
    """Which jobs count. `tags` None: whatever their tags are; `runner_id`: of running jobs only this runner's."""

    tags: frozenset[str] | None = None
    run_untagged: bool = True
    running: bool = True
    min_queued_seconds: float = 0.0
    runner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The jobs that count, and how many do not, by reason.

    `changes_at` is the time (epoch) at which a job that is too young for now becomes old enough, or infinity.
    """

    jobs: tuple[Job, ...]
    left_out: Mapping[Why, int] = field(default_factory=dict)
    changes_at: float = math.inf

    @property
    def value(self) -> int:
        """How many jobs count."""
        return len(self.jobs)

    def oldest_wait(self, now: float) -> float:
        """Seconds that the oldest pending job has waited; 0 without one."""
        waits = (now - job.queued_at for job in self.jobs if job.status == PENDING)
        return max(waits, default=0.0)


def count(jobs: Iterable[Job], selection: Selection, now: float) -> Counted:
    """`jobs` sorted into those that count at `now` (epoch) and those that do not."""
    counted: list[Job] = []
    left_out: Counter[Why] = Counter()
    changes_at = math.inf
    for job in jobs:
        why = why_not(job, selection, now)
        if why is None:
            counted.append(job)
            continue
        left_out[why] += 1
        if why is Why.AGE:
            changes_at = min(changes_at, job.queued_at + selection.min_queued_seconds)
    return Counted(tuple(counted), dict(left_out), changes_at)


def why_not(job: Job, selection: Selection, now: float) -> Why | None:
    """The first reason for which `job` does not count, or None if it does."""
    if job.status == RUNNING:
        return _why_not_running(job, selection)
    if job.status != PENDING:
        return Why.STATUS
    mismatch = _mismatch(job, selection)
    if mismatch is None and now - job.queued_at < selection.min_queued_seconds:
        return Why.AGE
    return mismatch


def _why_not_running(job: Job, selection: Selection) -> Why | None:
    if not selection.running:
        return Why.STATUS
    if selection.runner_id is not None:
        # The runner has it already, so its tags no longer matter: they may have been changed since.
        return None if job.runner_id == selection.runner_id else Why.RUNNER
    return _mismatch(job, selection)


def _mismatch(job: Job, selection: Selection) -> Why | None:
    if not job.tags:
        return None if selection.run_untagged else Why.UNTAGGED
    if selection.tags is None or selection.tags.issuperset(job.tags):
        return None
    return Why.TAGS
