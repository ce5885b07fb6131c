"""Delivery: each lane has a thread that posts its events until the sink has taken them.

Nothing waits for a timer: a lane that is idle posts an event the moment it comes. While a post is under way others
gather behind it, and then go out together if the sink takes batches.
"""

import logging
import time
from collections.abc import Sequence
from enum import Enum
from functools import partial
from typing import Protocol

from function.errors import SinkRefused, SinkUnavailable
from informer.backoff import Backoff
from informer.crew import Crew
from informer.lanes import Lane, Outgoing, Room, lane_of
from informer.metrics import Metrics
from informer.portion import Portion

LANES = 8
MAX_EVENTS = 20_000
MAX_BYTES = 16 * 2**20

_log = logging.getLogger(__name__)


class Sink(Protocol):
    """What takes events."""

    def post(self, events: Sequence[bytes]) -> None:
        """Takes one event, or several at once; raises SinkUnavailable or SinkRefused."""


class Batching:
    """Whether the sink takes batches: until it has shown that it does not."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted


class Fate(Enum):
    """What became of a post: decided by the sink, not decided again and again, or not before we were told to stop."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    STUCK = "stuck"
    HALTED = "halted"


class Courier:
    """Brings the events of one lane to the sink, in the order of each key.

    An event that gets nothing but server errors is set aside with those of its key: it is tried again for ever, but the
    other keys pass it.
    """

    def __init__(self, sink: Sink, pause: Backoff, batching: Batching, metrics: Metrics) -> None:
        self._sink = sink
        self._pause = pause
        self._batching = batching
        self._metrics = metrics
        self._portion = Portion()
        self._aside_pause = pause.another()
        self._aside_due = 0.0

    def run(self, lane: Lane) -> None:
        """Returns when the lane is closed, or it was told to stop."""
        while events := lane.first(self._most, lambda: self._aside_due - time.monotonic()):
            if self._carry(events, lane) is Fate.HALTED:
                return

    def _most(self) -> int:
        return self._portion.most if self._batching.wanted else 1

    def _carry(self, events: Sequence[Outgoing], lane: Lane) -> Fate:
        fate = self._tried_once(events) if lane.is_aside(events[0].key) else self._tried(events)
        if fate is Fate.REFUSED and len(events) > 1:
            return self._one_by_one(events, lane)
        if fate is Fate.STUCK and len(events) == 1:
            _set_aside(events[0], lane)
        if fate in {Fate.ACCEPTED, Fate.REFUSED}:
            self._settle(events, lane, accepted=fate is Fate.ACCEPTED)
        return fate

    def _one_by_one(self, events: Sequence[Outgoing], lane: Lane) -> Fate:
        """After a batch was refused: finds the event at fault, or that the sink takes no batches."""
        fates = set()
        for event in events:
            if lane.is_aside(event.key):
                continue
            fates.add(fate := self._carry([event], lane))
            if fate is Fate.HALTED:
                return fate
        if fates == {Fate.ACCEPTED}:
            self._batching.wanted = False
            _log.warning("the sink refused a batch and took each of its events: it gets no more batches")
        return Fate.REFUSED

    def _tried(self, events: Sequence[Outgoing]) -> Fate:
        """Posts again and again, until the sink has decided, or it may be the fault of an event that it cannot."""
        while True:
            try:
                fate = self._post(events, self._pause)
            except SinkUnavailable as error:
                stuck = _may_be_the_events_fault(error) and self._portion.failed()
                self._pause.wait(error.retry_after)
                if stuck:
                    return Fate.STUCK
                continue
            if fate is Fate.ACCEPTED:
                self._pause.reset()
                self._portion.taken()
            return fate

    def _tried_once(self, events: Sequence[Outgoing]) -> Fate:
        """Posts what was set aside: its failures must not hold up the rest."""
        try:
            fate = self._post(events, self._aside_pause)
        except SinkUnavailable as error:
            self._aside_due = time.monotonic() + self._aside_pause.seconds(error.retry_after)
            return Fate.STUCK
        self._aside_pause.reset()
        return fate

    def _post(self, events: Sequence[Outgoing], pause: Backoff) -> Fate:
        pause.keep_away()
        if pause.stopped():
            return Fate.HALTED
        try:
            self._sink.post([event.body for event in events])
        except SinkUnavailable as error:
            self._metrics.retries.labels(str(error.status or "none")).inc()
            _log.log(logging.DEBUG if pause.failing else logging.WARNING, "%s; trying again", error)
            raise
        except SinkRefused as error:
            _log_refusal(error, events)
            return Fate.REFUSED
        return Fate.ACCEPTED

    def _settle(self, events: Sequence[Outgoing], lane: Lane, *, accepted: bool) -> None:
        now = time.monotonic()
        outcome = "accepted" if accepted else "refused"
        for event in events:
            self._metrics.events.labels(event.type, outcome).inc()
            self._metrics.delivery.observe(now - event.seen)
            event.settled(accepted)
        lane.settle(events)


class Delivery:
    """The lanes, one for each courier. `put` holds its caller up while too much waits: the bound on memory."""

    def __init__(
        self, couriers: Sequence[Courier], crew: Crew, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._room = Room(max_events, max_bytes)
        self._lanes = [Lane(self._room) for _ in couriers]
        for lane, courier in zip(self._lanes, couriers, strict=True):
            crew.start("delivery", partial(courier.run, lane))

    def put(self, event: Outgoing) -> None:
        """Takes an event over, for delivery after all earlier ones of its key."""
        self._room.enter(event)
        lane_of(event.key, self._lanes).put(event)

    def drain(self, seconds: float | None) -> bool:
        """Waits until everything is settled, `seconds` at most; whether it is."""
        return self._room.wait_empty(seconds)

    def close(self) -> None:
        """Lets the threads end; what waits stays undelivered."""
        for lane in self._lanes:
            lane.close()

    @property
    def waiting(self) -> tuple[int, int]:
        """How many events wait, and their bytes."""
        return self._room.events, self._room.bytes

    def behind(self) -> float:
        """For how many seconds the oldest event has been waiting; 0 if none is."""
        oldest = [seen for lane in self._lanes if (seen := lane.oldest()) is not None]
        return time.monotonic() - min(oldest) if oldest else 0.0


def _set_aside(event: Outgoing, lane: Lane) -> None:
    if not lane.is_aside(event.key):
        _log.warning("the event %s of type %s waits with those of its key; others pass", event.id, event.type)
    lane.set_aside(event.key)


def _may_be_the_events_fault(error: SinkUnavailable) -> bool:
    """A server error may be; one that asks to wait blames the sink."""
    return error.status >= 500 and error.retry_after is None  # noqa: PLR2004 - HTTP's first server error


def _log_refusal(error: SinkRefused, events: Sequence[Outgoing]) -> None:
    if len(events) > 1:
        _log.info("%s to a batch of %d events: posting them one by one", error, len(events))
        return
    [event] = events
    _log.error("%s: the event %s of type %s is left out", error, event.id, event.type)
