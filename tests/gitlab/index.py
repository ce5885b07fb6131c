"""Jobs in order of their id, by project and status: a page of 30,000 jobs costs no more than one of 30."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

from tests.gitlab.model import Job, Status

_EVERYWHERE = 0  # project ids begin at 1


class JobIndex:
    """Every job of an instance. Pages are of one project, or, with `project` None, of all of them."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._ids: defaultdict[tuple[int, Status], list[int]] = defaultdict(list)

    def __getitem__(self, job_id: int) -> Job:
        """Return the job; KeyError if there is none."""
        return self._jobs[job_id]

    def __iter__(self) -> Iterator[Job]:
        """Yield every job in the order of creation."""
        return iter(self._jobs.values())

    def add(self, job: Job) -> None:
        """Take a new job in."""
        self._jobs[job.id] = job
        for project in (job.project.id, _EVERYWHERE):
            insort(self._ids[project, job.status], job.id)

    def move(self, job: Job, status: Status) -> None:
        """Give the job another status."""
        for project in (job.project.id, _EVERYWHERE):
            ids = self._ids[project, job.status]
            del ids[bisect_left(ids, job.id)]
            insort(self._ids[project, status], job.id)
        job.status = status

    def count(self, project: int | None, statuses: Iterable[Status]) -> int:
        """Return how many jobs have one of the statuses."""
        return sum(len(ids) for ids in self._lists(project, statuses))

    def walk(
        self, project: int | None, statuses: Iterable[Status], *, after: int | None = None, descending: bool = True
    ) -> Iterator[Job]:
        """Yield the jobs in order of their id, beyond the id `after`; they must not change meanwhile."""
        walk = _down if descending else _up
        ids = merge(*(walk(ids, after) for ids in self._lists(project, statuses)), reverse=descending)
        return (self._jobs[job_id] for job_id in ids)

    def page(
        self, project: int | None, statuses: Iterable[Status], *, limit: int, offset: int = 0, after: int | None = None
    ) -> list[Job]:
        """Return up to `limit` jobs, the newest first, beyond the id `after` and the first `offset`."""
        return list(islice(self.walk(project, statuses, after=after), offset, offset + limit))

    def _lists(self, project: int | None, statuses: Iterable[Status]) -> list[list[int]]:
        where = _EVERYWHERE if project is None else project
        return [self._ids[where, status] for status in set(statuses) if (where, status) in self._ids]


def _down(ids: list[int], after: int | None) -> Iterator[int]:
    end = len(ids) if after is None else bisect_left(ids, after)
    return (ids[position] for position in range(end - 1, -1, -1))


def _up(ids: list[int], after: int | None) -> Iterator[int]:
    start = 0 if after is None else bisect_right(ids, after)
    return (ids[position] for position in range(start, len(ids)))
