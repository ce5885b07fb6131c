"""One poller for each distinct source, however many ask; one that nobody asks any more is stopped."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from function.errors import CountUnknown
from scaler.gitlab import GitLab
from scaler.poller import Poller, Timing
from scaler.queries import Query, Source
from scaler.recounts import Recounts
from scaler.snapshot import Answer

_LOG = logging.getLogger(__name__)


class TooManySources(CountUnknown):
    """As many different questions are asked as the scaler takes on; the message says how many."""


@dataclass(slots=True)
class _Running:
    poller: Poller
    recounts: Recounts
    task: asyncio.Task[None]

    def stop(self) -> None:
        self.task.cancel()
        self.recounts.close()


class Pollers:
    """The pollers, by source. At most `limit`; each stops after `idle` seconds without a question."""

    def __init__(
        self,
        gitlab_for: Callable[[Source], GitLab],
        timing: Timing,
        limit: int,
        idle: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._gitlab_for, self._timing, self._limit, self._idle = gitlab_for, timing, limit, idle
        self._clock, self._wall = clock, wall
        self._running: dict[Source, _Running] = {}
        self._watchers: dict[Source, set[asyncio.Event]] = {}

    def __iter__(self) -> Iterator[Poller]:
        """Every poller that runs."""
        return iter([running.poller for running in self._running.values()])

    def of(self, source: Source) -> Poller:
        """The poller of `source`, started if this is the first to ask.

        Raises:
            QueryError: the source cannot be asked so.
            TooManySources: there are `limit` others.
        """
        running = self._running.get(source)
        if running is None:
            self.drop_idle()
            running = self._running[source] = self._start(source)
        return running.poller

    def answer(self, query: Query) -> Answer:
        """The answer to `query`.

        Raises:
            QueryError, TooManySources: as `of`.
            CountUnknown: there is none that is true; the message names the source and the reason.
        """
        poller = self.of(query.source)
        try:
            return poller.answer(query)
        except CountUnknown as unknown:
            raise CountUnknown(f"{query.source.name}: {unknown}{poller.why(query)}") from None

    @contextmanager
    def watch(self, source: Source) -> Iterator[asyncio.Event]:
        """An event that is set whenever `source` has been counted anew; while it is watched, its poller runs."""
        event = asyncio.Event()
        watchers = self._watchers.setdefault(source, set())
        watchers.add(event)
        try:
            yield event
        finally:
            watchers.discard(event)
            if not watchers:
                self._watchers.pop(source, None)

    def job_changed(self, project: int) -> int:
        """Has the job's project counted again wherever it is counted. Returns in how many sources that is."""
        heard = [(running, running.poller.hear(project)) for running in self._running.values()]
        units = [(running, unit) for running, unit in heard if unit is not None]
        for running, unit in units:
            running.recounts.ask(unit)
        return len(units)

    def drop_idle(self) -> None:
        """Stops the pollers that nobody has asked for long."""
        oldest = self._clock() - self._idle
        for source, running in list(self._running.items()):
            if running.poller.asked_at < oldest and source not in self._watchers:
                self._running.pop(source).stop()
                _LOG.info("%s: nobody asks any more", source.name)

    def close(self) -> None:
        """Stops them all."""
        while self._running:
            self._running.popitem()[1].stop()

    def _start(self, source: Source) -> _Running:
        if len(self._running) >= self._limit:
            raise TooManySources(f"{self._limit} different queries are asked already: raise the limit, or share one")
        gitlab, clock, wall = self._gitlab_for(source), self._clock, self._wall
        poller = Poller(source, gitlab, self._timing, lambda: self._wake(source), clock=clock, wall=wall)
        recounts = Recounts(poller.recount, self._timing.debounce, self._timing.gap)
        task = asyncio.create_task(poller.run(), name=source.name)
        task.add_done_callback(lambda done: self._ended(source, done))
        _LOG.info(
            "%s: counted from now on, at %s with credential %s", source.name, source.gitlab_url, source.credential
        )
        return _Running(poller, recounts, task)

    def _wake(self, source: Source) -> None:
        for event in self._watchers.get(source, ()):
            event.set()

    def _ended(self, source: Source, task: asyncio.Task[None]) -> None:
        """A poller never ends by itself: if it did, say so; who asks next starts another."""
        if not task.cancelled():
            _LOG.critical("%s: the poller broke down", source.name, exc_info=task.exception())
            self._running.pop(source, None)
