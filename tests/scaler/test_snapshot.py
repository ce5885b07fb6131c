"""What may be answered from what is known: exact counts, lower bounds, nothing."""

import pytest

from function.errors import CountUnknown
from scaler import snapshot as module
from scaler.queries import Query, parse
from scaler.queue import Job
from scaler.snapshot import Answers, Snapshot
from scaler.wire import RunnerItem

QUERY = parse({"projectId": "1", "maxStaleSeconds": "60"})
FAILED = {"project 2": "GitLab answered 500"}


def snapshot(
    jobs: int,
    at: float = 0.0,
    *,
    failed: bool = False,
    capped: bool = False,
    tag: str = "",
    last_full: Snapshot | None = None,
) -> Snapshot:
    """A snapshot with so many pending jobs."""
    tags = (tag,) if tag else ()
    return Snapshot(
        taken_at=at,
        jobs=tuple(Job(id=number, project_id=1, status="pending", tags=tags) for number in range(jobs)),
        failed=FAILED if failed else {},
        capped=("project 1",) if capped else (),
        last_full=last_full,
    )


FIVE, NONE = snapshot(5), snapshot(0)
ROWS = {
    "exact": ([snapshot(3)], [3]),
    "nothing-yet": ([None], ["not counted yet"]),
    "exact-zero": ([NONE], [0]),
    "falls": ([FIVE, snapshot(2)], [5, 2]),
    "bound-does-not-fall": ([FIVE, snapshot(2, failed=True, last_full=FIVE)], [5, 5]),
    "bound-rises": ([FIVE, snapshot(9, failed=True, last_full=FIVE)], [5, 9]),
    "bound-holds-until-exact": (
        [FIVE, snapshot(9, failed=True, last_full=FIVE), snapshot(1, failed=True, last_full=FIVE), snapshot(1)],
        [5, 9, 9, 1],
    ),
    "bound-of-zero": (
        [NONE, snapshot(0, failed=True, last_full=NONE)],
        [0, "0 jobs, but not all could be counted: project 2: GitLab answered 500"],
    ),
    "bound-from-zero": ([NONE, snapshot(4, failed=True, last_full=NONE)], [0, 4]),
    "never-in-full": (
        [snapshot(4, failed=True)],
        ["4 jobs at least, and never counted in full: project 2: GitLab answered 500"],
    ),
    "never-in-full-but-long-ago": (
        [snapshot(4, at=9.0, failed=True), snapshot(5, at=10.0, failed=True)],
        [f"{jobs} jobs at least, and never counted in full: project 2: GitLab answered 500" for jobs in (4, 5)],
    ),
    "asked-for-the-first-time": ([snapshot(1, failed=True, last_full=FIVE)], [5]),
    "full-count-that-nobody-asked-for": ([FIVE, snapshot(1, failed=True, last_full=NONE)], [5, 1]),
    "capped-from-the-start": ([snapshot(4, capped=True)], [4]),
    "capped-does-not-fall": ([snapshot(4, capped=True), snapshot(3, capped=True)], [4, 4]),
    "capped-then-failed": ([snapshot(4, capped=True), snapshot(3, capped=True, failed=True)], [4, 4]),
    "capped-of-zero": (
        [snapshot(0, capped=True)],
        ["0 jobs, but not all could be counted: maxPages reached: project 1"],
    ),
    "capped-and-failed": (
        [snapshot(4, capped=True, failed=True)],
        [
            "4 jobs at least, and never counted in full: project 2: GitLab answered 500; maxPages reached: project 1",
        ],
    ),
}


@pytest.mark.parametrize(("snapshots", "outcomes"), ROWS.values(), ids=ROWS)
def test_answers(snapshots: list[Snapshot | None], outcomes: list[int | str]) -> None:
    """One answer after the other, as KEDA would ask."""
    answers = Answers()
    assert [_outcome(answers, one, now=10.0) for one in snapshots] == outcomes


def test_stale() -> None:
    """The age counts from when the oldest part was asked for."""
    answers = Answers()
    assert _outcome(answers, snapshot(4, at=10.0), now=70.0) == 4
    assert _outcome(answers, snapshot(4, at=10.0), now=70.1) == "last counted 60 s ago, maxStaleSeconds is 60"


def test_selections_have_answers_of_their_own() -> None:
    """What one selection was answered does not hold up another."""
    answers = Answers()
    tagged = parse({"projectId": "1", "tags": "a", "maxStaleSeconds": "60"})
    answers.answer(QUERY, snapshot(5), 1.0, 1.0)
    answer = answers.answer(tagged, snapshot(2, capped=True, tag="a"), 1.0, 1.0)
    assert (answer.value, answer.truncated) == (2, True)


def _tagged(number: int) -> Query:
    """A selection of its own, of jobs with the tag `a`."""
    return parse({"projectId": "1", "tags": f"a,{number}", "maxStaleSeconds": "60"})


def test_many_selections() -> None:
    """However many selections there are, a lower bound lowers none of their answers."""
    answers = Answers()
    full = snapshot(100, tag="a")
    bound = snapshot(5, failed=True, tag="a", last_full=full)
    before = [answers.answer(_tagged(number), full, 1.0, 1.0).value for number in range(1000)]
    after = [answers.answer(_tagged(number), bound, 1.0, 1.0).value for number in range(1000)]
    assert (before, after) == ([100] * 1000, [100] * 1000)


def test_too_many_selections(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told is remembered of so many selections only, so that hostile ones cost no memory: the next waits."""
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    answers = Answers()
    bound = snapshot(5, failed=True, tag="a", last_full=snapshot(2, tag="a"))
    outcomes = [_outcome(answers, bound, 1.0, _tagged(number)) for number in (1, 2, 3, 4, 3)]
    again = _outcome(answers, snapshot(7, tag="a"), 1.0, _tagged(4))
    refusal = (
        "5 jobs at least, and too many others ask to know what was answered before: project 2: GitLab answered 500"
    )
    assert (outcomes, again) == ([5, 5, 5, refusal, 5], 7)


def test_counts_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A selection that is asked for again and again is counted once a snapshot, whatever others ask in between."""
    monkeypatch.setattr(module, "_SELECTIONS", 2)
    answers = Answers()
    one = snapshot(1, tag="a")
    first = answers.answer(_tagged(1), one, 1.0, 1.0)
    for number in range(2, 9):
        answers.answer(_tagged(number), one, 1.0, 1.0)
        assert answers.answer(_tagged(1), one, 1.0, 1.0).counted is first.counted


def test_tags_of_the_runner() -> None:
    """Where the runner's tags were read from GitLab, they decide."""
    query = parse({"projectId": "1", "runnerId": "7", "maxStaleSeconds": "60"})
    jobs = (Job(1, 1, "pending", ("a",)), Job(2, 1, "pending", ("b",)), Job(3, 1, "pending"))
    runner = RunnerItem(id=7, tag_list=("a",), run_untagged=False)
    answer = Answers().answer(query, Snapshot(0.0, jobs, runner), 1.0, 1.0)
    assert [job.id for job in answer.counted.jobs] == [1]


def test_job_facts() -> None:
    """An answer holds the jobs themselves, and whether it is a lower bound, and how old it is."""
    one = snapshot(2, at=5.0)
    answer = Answers().answer(QUERY, one, 15.0, 1.0)
    assert (answer.counted.jobs, answer.age, answer.truncated, answer.active) == (one.jobs, 10.0, False, True)


def test_doubts_are_short() -> None:
    """Of many failures three are named, and how many more there are."""
    failed = {f"project {number}": "GitLab answered 500" for number in range(500)}
    doubts = Snapshot(0.0, (), failed=failed, capped=tuple(f"project {n}" for n in range(500, 600))).doubts()
    assert doubts == (
        "project 0: GitLab answered 500; project 1: GitLab answered 500; project 2: GitLab answered 500 and 497 more; "
        "maxPages reached: project 500, project 501, project 502 and 97 more"
    )


def _outcome(answers: Answers, one: Snapshot | None, now: float, query: Query = QUERY) -> int | str:
    try:
        return answers.answer(query, one, now, now).value
    except CountUnknown as unknown:
        return str(unknown)
