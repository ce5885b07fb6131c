"""Counts one source again and again in the background; everybody who asks is answered from its snapshot."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from function.errors import GitLabDenied, GitLabError, GitLabNotFound, GitLabRefused
from scaler.census import Census
from scaler.fleet import Fleet
from scaler.gitlab import GitLab, Listing
from scaler.queries import Query, Source
from scaler.snapshot import Answer, Answers, Snapshot
from scaler.sweep import Sweep, Unit, count_unit

_LOG = logging.getLogger(__name__)
_HOPELESS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """When to count, in seconds: every `interval`; `debounce` after a job's event, then not again for `gap`."""

    interval: float = 30.0
    debounce: float = 0.1
    gap: float = 1.0


class Poller:
    """One source's poller; `published` is called after each new snapshot. `clock` is monotonic, `wall` the epoch.

    `error` is why the last round failed as a whole, `sweep_seconds` how long it took: the count is at best so fresh.
    `asked_at` and `max_stale` are of the last query.
    """

    def __init__(
        self,
        source: Source,
        gitlab: GitLab,
        timing: Timing,
        published: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.source, self.timing = source, timing
        self.snapshot: Snapshot | None = None
        self.error: GitLabError | None = None
        self.sweep_seconds = 0.0
        self.asked_at = clock()
        self.max_stale = math.inf
        self.fleet = Fleet(gitlab, source)
        self._gitlab, self._published, self._clock, self._wall = gitlab, published, clock, wall
        self._answers = Answers()
        self._census = Census(gitlab, source, clock)
        self._listings: dict[Unit, Listing] = {}
        self._failures: dict[Unit, GitLabError] = {}

    def answer(self, query: Query) -> Answer:
        """The answer to `query` from the last snapshot.

        Raises:
            CountUnknown: there is none that is true.
        """
        self.asked_at, self.max_stale = self._clock(), query.max_stale
        return self._answers.answer(query, self.snapshot, self.asked_at, self._wall())

    @property
    def age(self) -> float:
        """Seconds since the oldest part of the snapshot was asked for; infinity without one."""
        return math.inf if self.snapshot is None else self._clock() - self.snapshot.taken_at

    async def run(self) -> None:
        """Counts for ever. Cancel it to stop."""
        while True:
            started = self._clock()
            await self.sweep()
            if self.error is None:
                await self.fleet.look(self._clock())
            pause = self.timing.interval * random.uniform(0.9, 1.0)  # noqa: S311 - jitter
            if isinstance(self.error, GitLabDenied | GitLabRefused):
                pause = max(pause, _HOPELESS_SECONDS)
            await asyncio.sleep(max(0.0, started + pause - self._clock()))

    async def sweep(self) -> None:
        """One round: counts everything once, and publishes a snapshot unless nothing could be counted."""
        started = self._clock()
        try:
            await self._census.refresh()
            sweep = Sweep(self._count)
            await sweep.run(self._census.units)
        except GitLabError as error:
            self._fail(error)
            return
        self.sweep_seconds = self._clock() - started
        self._take(sweep, started)

    async def recount(self, unit: Unit) -> None:
        """Counts one unit again, ahead of others; a failure leaves what there was."""
        if self.snapshot is None or unit not in self._census.units:
            return  # the first round will count it
        try:
            self._listings[unit] = await self._count(unit, urgent=True)
        except GitLabError as error:
            _LOG.warning("%s: not counted again after a job's event: %s", self.source.name, error)
            return
        self._failures.pop(unit, None)
        self._publish(self.snapshot.taken_at)

    def hear(self, project: int) -> Unit | None:
        """What a job of `project` is counted in; None if nowhere here, or not yet."""
        return self._census.unit_of(project)

    async def _count(self, unit: Unit, *, urgent: bool = False) -> Listing:
        asked_at = self._clock()
        listing = await count_unit(self._gitlab, self.source, unit, urgent=urgent)
        return replace(listing, asked_at=asked_at)

    def _take(self, sweep: Sweep, started: float) -> None:
        if any(isinstance(error, GitLabNotFound) for error in sweep.failures.values()):
            self._census.doubt()  # moved, deleted or hidden: the next list will tell
        listings = self._with_recounts(sweep.listings, started)
        if sweep.failures and not listings:
            self._fail(next(iter(sweep.failures.values())))
            return
        self._listings = listings
        self._failures = {unit: error for unit, error in sweep.failures.items() if unit not in listings}
        self._recover()
        self._publish(started)

    def _with_recounts(self, swept: Mapping[Unit, Listing], started: float) -> dict[Unit, Listing]:
        """A round's listings, but where a unit was counted again meanwhile, the later one."""
        recounted = {
            unit: one
            for unit, one in self._listings.items()
            if one.asked_at > started and (unit not in swept or one.asked_at > swept[unit].asked_at)
        }
        return {**swept, **recounted}

    def _publish(self, taken_at: float) -> None:
        before = self.snapshot
        snapshot = Snapshot(
            taken_at=taken_at,
            jobs=tuple(job for listing in self._listings.values() for job in listing.jobs),
            runner=self._census.runner,
            failed=self._failed(),
            capped=tuple(f"{unit.level} {unit.id}" for unit, listing in self._listings.items() if listing.truncated),
        )
        if snapshot.truncated and before is not None:
            snapshot = replace(snapshot, last_full=before.full)
        self.snapshot = snapshot
        if self.snapshot.truncated and (before is None or not before.truncated):
            _LOG.warning("%s: truncated, the count is a lower bound: %s", self.source.name, self.snapshot.doubts())
        self._published()

    def _failed(self) -> dict[str, str]:
        failed = {f"{unit.level} {unit.id}": str(error) for unit, error in self._failures.items()}
        return {**failed, "the list of projects": str(self._census.error)} if self._census.error else failed

    def _fail(self, error: GitLabError) -> None:
        if self.error is None or type(self.error) is not type(error):
            _LOG.error("%s: cannot be counted: %s", self.source.name, error)
        self.error = error

    def _recover(self) -> None:
        if self.error is not None:
            _LOG.info("%s: counted again", self.source.name)
        self.error = None
