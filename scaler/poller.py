"""Counts one source again and again in the background; everybody who asks is answered from its snapshot."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from function.errors import GitLabDenied, GitLabError, GitLabNotFound, GitLabRefused
from scaler.calls import WORKERS
from scaler.census import Census
from scaler.fleet import Fleet
from scaler.gitlab import GitLab, Listing
from scaler.parts import Parts
from scaler.queries import Query, Source
from scaler.snapshot import Answer, Answers, Snapshot
from scaler.sweep import UNAUTHORIZED, Sweep, Unit, count_unit

_LOG = logging.getLogger(__name__)
_HOPELESS_SECONDS = 60.0
_MEANWHILE_SECONDS = 1.0
"""How often a round that takes longer publishes what it has."""
_EVENTS_STRETCH = 1.5
"""How much longer a round may take while events have parts counted again: these take up to a third of the calls."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When to count, in seconds: every `interval`; `debounce` after a job's event, then not again for `gap`."""

    interval: float = 30.0
    debounce: float = 0.1
    gap: float = 1.0


class Poller:
    """One source's poller; `published` is called after each new snapshot. `clock` is monotonic, `wall` the epoch.

    `sweep_seconds` is how long the last round took. A long round publishes what it has each second, so the count is
    about so old at most: each part is asked for again one round later. `asked_at`, `max_stale`: of the last query.
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
        self.sweep_seconds = 0.0
        self.asked_at = clock()
        self.max_stale = math.inf
        self.fleet = Fleet(gitlab, source)
        self._gitlab, self._published, self._clock, self._wall = gitlab, published, clock, wall
        self._answers = Answers()
        self._census = Census(gitlab, source, clock)
        self._error: GitLabError | None = None
        self._parts = Parts()
        self._sweep: Sweep | None = None
        self._published_at = clock()
        self._round = self._ended = 0
        self._recounting = asyncio.Semaphore(WORKERS)
        self._warned = False

    def answer(self, query: Query) -> Answer:
        """The answer to `query` from the last snapshot.

        Raises:
            CountUnknown: there is none that is true.
        """
        self.asked_at, self.max_stale = self._clock(), query.max_stale
        if query.max_stale < self.least_stale and not self._warned:
            self._warn()
        return self._answers.answer(query, self.snapshot, self.asked_at, self._wall())

    @property
    def least_stale(self) -> float:
        """The least sensible maxStaleSeconds: so old a count may get while all is well, with one slow call."""
        return max(self.timing.interval, _EVENTS_STRETCH * self.sweep_seconds) + self.source.timeout

    @property
    def age(self) -> float:
        """Seconds since the oldest part of the snapshot was asked for; infinity without one."""
        return math.inf if self.snapshot is None else self._clock() - self.snapshot.taken_at

    async def run(self) -> None:
        """Counts for ever. Cancel it to stop."""
        while True:
            started = self._clock()
            await self.sweep()
            if self._error is None:
                await self.fleet.look(self._clock())
            pause = self.timing.interval * random.uniform(0.9, 1.0)  # noqa: S311 - jitter
            if isinstance(self._error, GitLabDenied | GitLabRefused):
                pause = max(pause, _HOPELESS_SECONDS)
            await asyncio.sleep(max(0.0, started + pause - self._clock()))

    async def sweep(self) -> None:
        """One round: counts everything once, and publishes a snapshot unless nothing could be counted."""
        started = self._clock()
        self._round += 1
        try:
            await self._census.refresh()
        except GitLabError as error:
            self._fail(error)
            return
        units = self._census.units
        self._parts.keep(units)
        sweep = self._sweep = Sweep(self._part)
        await sweep.run(self._parts.order(units))
        self._end(sweep, started)

    async def recount(self, unit: Unit) -> None:
        """Counts one unit again, ahead of others; a failure leaves what there was."""
        async with self._recounting:
            if self.snapshot is None or unit not in self._census.units:
                return  # the first round will count it
            if isinstance(self._error, GitLabDenied):
                return  # the token is no good: the next round will tell when it is again
            try:
                listing = await self._count(unit, urgent=True)
            except GitLabError as error:
                self._not_recounted(error)
                return
        if unit in self._census.units:
            self._parts.tell(unit, listing)
            self._publish()

    def hear(self, project: int) -> Unit | None:
        """What a job of `project` is counted in; None if nowhere here, or not yet."""
        return self._census.unit_of(project)

    async def _count(self, unit: Unit, *, urgent: bool = False) -> Listing:
        asked_at, number = self._clock(), self._round
        self._parts.ask(unit, asked_at)
        listing = await count_unit(self._gitlab, self.source, unit, urgent=urgent)
        return replace(listing, asked_at=asked_at, round=number)

    async def _part(self, unit: Unit) -> Listing:
        """One part of a round; what was counted again since the round began is not asked for twice."""
        recounted = self._parts.told_in(unit, self._round)
        if recounted is not None:
            return recounted
        listing = await self._count(unit)
        self._parts.tell(unit, listing)
        if self._clock() - self._published_at >= _MEANWHILE_SECONDS:
            self._publish()
        return listing

    def _end(self, sweep: Sweep, started: float) -> None:
        self.sweep_seconds = self._clock() - started
        if any(isinstance(error, GitLabNotFound) for error in sweep.failures.values()):
            self._census.doubt()  # moved, deleted or hidden: the next list will tell
        self._parts, self._sweep = self._current(), None
        self._ended = self._round
        error = sweep.hopeless or (None if sweep.listings else next(iter(sweep.failures.values())))
        if error is None:
            self._recover()
        else:
            self._fail(error)
        if sweep.listings:
            self._publish()

    def _current(self) -> Parts:
        """What is known of the parts just now, within a round or not."""
        return self._parts if self._sweep is None else self._parts.after(self._sweep.failures, self._round)

    def _publish(self) -> None:
        parts = self._current()
        if not all(parts.knows(unit) for unit in self._census.units):
            return  # the first round, or a new project: there is no count without it
        self._published_at = self._clock()
        before, capped = self.snapshot, [unit for unit, listing in parts.listings.items() if listing.truncated]
        snapshot = Snapshot(
            taken_at=parts.taken_at,
            jobs=tuple(job for listing in parts.listings.values() for job in listing.jobs),
            runner=self._census.runner,
            failed=self._failed(parts),
            capped=tuple(str(unit) for unit in capped),
            rounds=self._ended,
        )
        if snapshot.truncated and before is not None:
            snapshot = replace(snapshot, last_full=before.full)
        self.snapshot = snapshot
        if snapshot.truncated and (before is None or not before.truncated):
            _LOG.warning("%s: truncated, the count is a lower bound: %s", self.source.name, snapshot.doubts())
        self._published()

    def _failed(self, parts: Parts) -> dict[str, str]:
        failed = {str(unit): str(error) for unit, error in parts.failures.items()}
        return {**failed, "the list of projects": str(self._census.error)} if self._census.error else failed

    def _not_recounted(self, error: GitLabError) -> None:
        _LOG.warning("%s: not counted again after a job's event: %s", self.source.name, error)
        if isinstance(error, GitLabDenied) and error.status == UNAUTHORIZED:
            self._fail(error)

    def _warn(self) -> None:
        self._warned = True
        _LOG.warning(
            "%s: maxStaleSeconds %.0f is less than a count's age can be, as one takes %.0f s: give at least %.0f",
            self.source.name,
            self.max_stale,
            max(self.timing.interval, self.sweep_seconds),
            math.ceil(self.least_stale),
        )

    @property
    def error(self) -> GitLabError | None:
        """Why the last round failed or was given up, or why it waits; None if all is well."""
        return self._error or self._gitlab.limited

    def why(self, query: Query) -> str:
        """What there is to add to an answer that cannot be given: what failed, and what is asked too much."""
        reasons = [str(self.error)] if self.error else []
        if self.snapshot is not None and query.max_stale < self.least_stale:
            reasons.append(f"give maxStaleSeconds at least {math.ceil(self.least_stale)}")
        return "".join(f"; {reason}" for reason in reasons)

    def _fail(self, error: GitLabError) -> None:
        if self._error is None or type(self._error) is not type(error):
            _LOG.error("%s: cannot be counted: %s", self.source.name, error)
        self._error = error

    def _recover(self) -> None:
        if self._error is not None:
            _LOG.info("%s: counted again", self.source.name)
        self._error = None
