"""Which jobs count, and why not the rest: GitLab's rule for tags, statuses, ages and runners."""

import math

import pytest

from scaler.queue import Counted, Job, Selection, Why, count

NOW = 1_000.0


def job(number: int = 1, status: str = "pending", *tags: str, queued: float = 0.0, runner: int | None = None) -> Job:
    """A job that has waited since `queued`."""
    return Job(id=number, project_id=7, status=status, tags=tags, queued_at=queued, runner_id=runner)


@pytest.mark.parametrize(
    ("one", "selection", "why"),
    [
        pytest.param(job(), Selection(), None, id="untagged-any"),
        pytest.param(job(1, "pending", "docker"), Selection(), None, id="tagged-any"),
        pytest.param(job(1, "pending", "docker"), Selection(frozenset({"docker", "linux"})), None, id="subset"),
        pytest.param(
            job(1, "pending", "docker", "gpu"),
            Selection(frozenset({"docker", "linux"})),
            Why.TAGS,
            id="one-tag-too-many",
        ),
        pytest.param(job(1, "pending", "Docker"), Selection(frozenset({"docker"})), Why.TAGS, id="tags-are-exact"),
        pytest.param(job(1, "pending", "docker"), Selection(frozenset()), Why.TAGS, id="runner-without-tags"),
        pytest.param(job(), Selection(frozenset({"docker"}), run_untagged=False), Why.UNTAGGED, id="tagged-only"),
        pytest.param(job(), Selection(frozenset({"docker"}), run_untagged=True), None, id="untagged-too"),
        pytest.param(job(1, "running"), Selection(), None, id="running"),
        pytest.param(job(1, "running"), Selection(running=False), Why.STATUS, id="running-not-wanted"),
        pytest.param(job(1, "running", "gpu"), Selection(frozenset({"docker"})), Why.TAGS, id="running-elsewhere"),
        pytest.param(job(1, "running", "gpu", runner=3), Selection(runner_id=3), None, id="running-on-this-runner"),
        pytest.param(job(1, "running", runner=4), Selection(runner_id=3), Why.RUNNER, id="running-on-another"),
        *(
            pytest.param(job(1, status), Selection(), Why.STATUS, id=status)
            for status in ("created", "waiting_for_resource", "preparing", "manual", "scheduled", "success", "failed")
        ),
        pytest.param(job(queued=NOW - 59), Selection(min_queued_seconds=60), Why.AGE, id="too-young"),
        pytest.param(job(queued=NOW - 60), Selection(min_queued_seconds=60), None, id="just-old-enough"),
        pytest.param(job(1, "running", queued=NOW), Selection(min_queued_seconds=60), None, id="running-has-no-age"),
    ],
)
def test_one_job(one: Job, selection: Selection, why: Why | None) -> None:
    """A job counts exactly if the runner could take it now, or has it."""
    wanted = Counted((one,), {}) if why is None else Counted((), {why: 1})
    result = count([one], selection, NOW)
    assert (result.jobs, result.left_out) == (wanted.jobs, wanted.left_out)


def test_many_jobs() -> None:
    """The jobs that count keep their facts; the rest is counted by reason; the next change is known."""
    old, young = job(1, queued=NOW - 100), job(2, queued=NOW - 10)
    younger, tagged = job(3, queued=NOW - 1), job(4, "pending", "gpu", queued=NOW - 100)
    result = count([old, young, younger, tagged], Selection(frozenset(), min_queued_seconds=60), NOW)
    assert result == Counted((old,), {Why.AGE: 2, Why.TAGS: 1}, changes_at=NOW + 50)
    assert (result.value, result.oldest_wait(NOW)) == (1, 100.0)


def test_nothing() -> None:
    """No jobs: zero, nothing left out, nothing to wait for."""
    assert count([], Selection(), NOW) == Counted((), {}, math.inf)
    assert count([], Selection(), NOW).oldest_wait(NOW) == 0.0
