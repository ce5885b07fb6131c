"""Jobs by project and status, in order."""

import pytest

from tests.gitlab.clock import SimulatedClock
from tests.gitlab.index import JobIndex
from tests.gitlab.instance import Instance
from tests.gitlab.model import Status

_BOTH = (Status.PENDING, Status.RUNNING)


@pytest.fixture
def jobs() -> JobIndex:
    """Make jobs 1 to 8: of project 1 and 2 in turn, every third one running."""
    instance = Instance(SimulatedClock())
    group = instance.add_group("platform")
    projects = [instance.add_project("api", group), instance.add_project("web", group)]
    for number in range(8):
        instance.add_job(projects[number % 2], status=Status.PENDING if number % 3 else Status.RUNNING)
    return instance.jobs


@pytest.mark.parametrize(
    ("project", "statuses", "after", "descending", "ids"),
    [
        pytest.param(None, _BOTH, None, True, [8, 7, 6, 5, 4, 3, 2, 1], id="all"),
        pytest.param(None, _BOTH, None, False, [1, 2, 3, 4, 5, 6, 7, 8], id="all, the oldest first"),
        pytest.param(1, _BOTH, None, True, [7, 5, 3, 1], id="of one project"),
        pytest.param(1, (Status.RUNNING,), None, True, [7, 1], id="of one project, running"),
        pytest.param(None, (Status.RUNNING, Status.RUNNING), None, True, [7, 4, 1], id="a status named twice"),
        pytest.param(None, _BOTH, 4, True, [3, 2, 1], id="after a job"),
        pytest.param(None, _BOTH, 4, False, [5, 6, 7, 8], id="after a job, the oldest first"),
        pytest.param(1, _BOTH, 4, True, [3, 1], id="after a job of another project"),
        pytest.param(None, _BOTH, 1, True, [], id="after the last"),
        pytest.param(None, (), None, True, [], id="no status"),
        pytest.param(3, _BOTH, None, True, [], id="no such project"),
    ],
)
def test_walk(
    jobs: JobIndex,
    *,
    project: int | None,
    statuses: tuple[Status, ...],
    after: int | None,
    descending: bool,
    ids: list[int],
) -> None:
    """A walk yields what was asked for, in order."""
    assert [job.id for job in jobs.walk(project, statuses, after=after, descending=descending)] == ids


def test_page(jobs: JobIndex) -> None:
    """A page begins behind the offset and is no longer than its limit."""
    assert [job.id for job in jobs.page(None, _BOTH, limit=3, offset=2)] == [6, 5, 4]


def test_move(jobs: JobIndex) -> None:
    """A job that moves is found under its new status only, in its place."""
    jobs.move(jobs[5], Status.RUNNING)

    assert [job.id for job in jobs.walk(1, [Status.RUNNING])] == [7, 5, 1]
    assert [job.id for job in jobs.walk(1, [Status.PENDING])] == [3]


def test_count(jobs: JobIndex) -> None:
    """A count is of the project, or of all."""
    assert [jobs.count(1, _BOTH), jobs.count(None, _BOTH), jobs.count(None, [Status.FAILED])] == [4, 8, 0]
