"""What may be answered from what is known: exact counts, lower bounds, nothing."""

import pytest

from function.errors import CountUnknown
from scaler.queries import parse
from scaler.queue import Job
from scaler.snapshot import Answers, Snapshot
from scaler.wire import RunnerItem

QUERY = parse({"projectId": "1", "maxStaleSeconds": "60"})
FAILED = {"project 2": "GitLab answered 500"}


def snapshot(jobs: int, at: float = 0.0, *, failed: bool = False, capped: bool = False, tag: str = "") -> Snapshot:
    """A snapshot with so many pending jobs."""
    tags = (tag,) if tag else ()
    return Snapshot(
        taken_at=at,
        jobs=tuple(Job(id=number, project_id=1, status="pending", tags=tags) for number in range(jobs)),
        failed=FAILED if failed else {},
        capped=("project 1",) if capped else (),
    )


ROWS = {
    "exact": ([snapshot(3)], [3]),
    "nothing-yet": ([None], ["not counted yet"]),
    "exact-zero": ([snapshot(0)], [0]),
    "falls": ([snapshot(5), snapshot(2)], [5, 2]),
    "bound-does-not-fall": ([snapshot(5), snapshot(2, failed=True)], [5, 5]),
    "bound-rises": ([snapshot(5), snapshot(9, failed=True)], [5, 9]),
    "bound-holds-until-exact": (
        [snapshot(5), snapshot(9, failed=True), snapshot(1, failed=True), snapshot(1)],
        [5, 9, 9, 1],
    ),
    "bound-of-zero": (
        [snapshot(0), snapshot(0, failed=True)],
        [0, "0 jobs, but not all could be counted: project 2: GitLab answered 500"],
    ),
    "bound-from-zero": ([snapshot(0), snapshot(4, failed=True)], [0, 4]),
    "never-in-full": (
        [snapshot(4, failed=True)],
        ["4 jobs at least, and never counted in full: project 2: GitLab answered 500"],
    ),
    "capped-from-the-start": ([snapshot(4, capped=True)], [4]),
    "capped-of-zero": (
        [snapshot(0, capped=True)],
        ["0 jobs, but not all could be counted: maxPages reached: project 1"],
    ),
}


@pytest.mark.parametrize(("snapshots", "outcomes"), ROWS.values(), ids=ROWS)
def test_answers(snapshots: list[Snapshot | None], outcomes: list[int | str]) -> None:
    """One answer after the other, as KEDA would ask."""
    answers = Answers(started_at=0.0)
    assert [_outcome(answers, one, now=10.0) for one in snapshots] == outcomes


def test_settled() -> None:
    """Once maxStaleSeconds have passed since the start, a lower bound is answered though there never was more."""
    answers = Answers(started_at=0.0)
    early, late = snapshot(4, at=59.0, failed=True), snapshot(4, at=60.0, failed=True)
    assert isinstance(_outcome(answers, early, now=59.0), str)
    assert _outcome(answers, late, now=60.0) == 4


def test_stale() -> None:
    """The age counts from when the oldest part was asked for."""
    answers = Answers(started_at=0.0)
    assert _outcome(answers, snapshot(4, at=10.0), now=70.0) == 4
    assert _outcome(answers, snapshot(4, at=10.0), now=70.1) == "last counted 60 s ago, maxStaleSeconds is 60"


def test_selections_have_answers_of_their_own() -> None:
    """What one selection was answered does not hold up another."""
    answers = Answers(started_at=0.0)
    tagged = parse({"projectId": "1", "tags": "a", "maxStaleSeconds": "60"})
    answers.answer(QUERY, snapshot(5), 1.0, 1.0)
    answer = answers.answer(tagged, snapshot(2, capped=True, tag="a"), 1.0, 1.0)
    assert (answer.value, answer.truncated) == (2, True)


def test_many_selections() -> None:
    """Of the selections only the latest are remembered, so that hostile ones cost no memory."""
    answers = Answers(started_at=0.0)
    one = snapshot(1, tag="a")
    for number in range(1000):
        query = parse({"projectId": "1", "tags": f"a,{number}", "maxStaleSeconds": "60"})
        assert answers.answer(query, one, 1.0, 1.0).value == 1
    assert len(answers._known) == 256


def test_tags_of_the_runner() -> None:
    """Where the runner's tags were read from GitLab, they decide."""
    query = parse({"projectId": "1", "runnerId": "7", "maxStaleSeconds": "60"})
    jobs = (Job(1, 1, "pending", ("a",)), Job(2, 1, "pending", ("b",)), Job(3, 1, "pending"))
    runner = RunnerItem(id=7, tag_list=("a",), run_untagged=False)
    answer = Answers(0.0).answer(query, Snapshot(0.0, jobs, runner), 1.0, 1.0)
    assert [job.id for job in answer.counted.jobs] == [1]


def test_job_facts() -> None:
    """An answer holds the jobs themselves, and whether it is a lower bound, and how old it is."""
    one = snapshot(2, at=5.0)
    answer = Answers(0.0).answer(QUERY, one, 15.0, 1.0)
    assert (answer.counted.jobs, answer.age, answer.truncated, answer.active) == (one.jobs, 10.0, False, True)


def test_doubts_are_short() -> None:
    """Of many failures three are named, and how many more there are."""
    failed = {f"project {number}": "GitLab answered 500" for number in range(500)}
    doubts = Snapshot(0.0, (), failed=failed, capped=tuple(f"project {n}" for n in range(500, 600))).doubts()
    assert doubts == (
        "project 0: GitLab answered 500; project 1: GitLab answered 500; project 2: GitLab answered 500 and 497 more; "
        "maxPages reached: project 500, project 501, project 502 and 97 more"
    )


def _outcome(answers: Answers, one: Snapshot | None, now: float) -> int | str:
    try:
        return answers.answer(QUERY, one, now, now).value
    except CountUnknown as unknown:
        return str(unknown)
