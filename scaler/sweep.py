"""One round over everything that a source counts: project by project, some at once, and what became of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import NamedTuple

from function.errors import GitLabDenied, GitLabError, GitLabLimited, GitLabUnavailable
from scaler.calls import WORKERS
from scaler.gitlab import GitLab, Listing
from scaler.queries import Source

_GIVE_UP_AFTER = 5
UNAUTHORIZED = 401


class Unit(NamedTuple):
    """What is counted by one list: a project, the instance (id 0), or a runner."""

    level: str
    id: int

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.level} {self.id}"


Count = Callable[[Unit], Awaitable[Listing]]


async def count_unit(gitlab: GitLab, source: Source, unit: Unit, *, urgent: bool = False) -> Listing:
    """The jobs of one unit.

    Raises:
        GitLabError: GitLab could not say.
    """
    if unit.level == "project":
        return await gitlab.project_jobs(unit.id, running=source.running, urgent=urgent)
    if unit.level == "runner":
        return await gitlab.runner_jobs(unit.id, running=source.running, urgent=urgent)
    return await gitlab.instance_jobs(running=source.running, urgent=urgent)


class Sweep:
    """One round: `listings` of the units that could be counted, `failures` of those that could not.

    `hopeless` is why the rest was not asked for, which then is in neither; None if all was.
    """

    def __init__(self, count: Count) -> None:
        self.listings: dict[Unit, Listing] = {}
        self.failures: dict[Unit, GitLabError] = {}
        self._count = count
        self._in_a_row = 0
        self.hopeless: GitLabError | None = None

    async def run(self, units: Iterable[Unit]) -> None:
        """Counts every unit; gives up on the rest when GitLab is away or limits us, or the token is no good."""
        rest = iter(units)
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work(rest))

    async def _work(self, rest: Iterator[Unit]) -> None:
        for unit in rest:
            if self.hopeless is not None:
                return
            try:
                self.listings[unit] = await self._count(unit)
                self._in_a_row = 0
            except GitLabError as error:
                self._fail(unit, error)

    def _fail(self, unit: Unit, error: GitLabError) -> None:
        self.failures[unit] = error
        self._in_a_row += isinstance(error, GitLabUnavailable)
        unauthorized = isinstance(error, GitLabDenied) and error.status == UNAUTHORIZED
        limited = isinstance(error, GitLabLimited)  # after every attempt, with a pause before each
        if unauthorized or limited or self._in_a_row >= _GIVE_UP_AFTER:
            self.hopeless = error
