"""Delivery: each lane has a thread that posts its events until the sink has taken them.

Nothing waits for a timer: a lane that is idle posts an event the moment it comes. While a post is under way others
gather behind it, and then go out together if the sink takes batches.
"""

import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol

from function.errors import SinkRefused, SinkUnavailable
from informer.backoff import Backoff
from informer.crew import Crew
from informer.lanes import BATCH_EVENTS, Lane, Outgoing, Room, lane_of
from informer.metrics import Metrics

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
    """What became of a post: decided by the sink, or not before we were told to stop."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HALTED = "halted"


class Courier:
    """Brings the events of one lane to the sink, in their order."""

    def __init__(self, sink: Sink, pause: Backoff, batching: Batching, metrics: Metrics) -> None:
        self._sink = sink
        self._pause = pause
        self._batching = batching
        self._metrics = metrics

    def most(self) -> int:
        """How many events to carry at once."""
        return BATCH_EVENTS if self._batching.wanted else 1

    def carry(self, events: Sequence[Outgoing]) -> bool:
        """Returns once each of `events` is settled; False if it was told to stop before."""
        if len(events) == 1:
            return self._single(events[0]) is not Fate.HALTED
        fate = self._fate(events)
        if fate is Fate.REFUSED:
            return self._one_by_one(events)
        if fate is Fate.ACCEPTED:
            self._settle(events, accepted=True)
        return fate is Fate.ACCEPTED

    def _one_by_one(self, events: Sequence[Outgoing]) -> bool:
        """After a batch was refused: finds the event at fault, or that the sink takes no batches."""
        fates = set()
        for event in events:
            fates.add(fate := self._single(event))
            if fate is Fate.HALTED:
                return False
        if fates == {Fate.ACCEPTED}:
            self._batching.wanted = False
            _log.warning("the sink refused a batch and took each of its events: it gets no more batches")
        return True

    def _single(self, event: Outgoing) -> Fate:
        fate = self._fate([event])
        if fate is not Fate.HALTED:
            self._settle([event], accepted=fate is Fate.ACCEPTED)
        return fate

    def _fate(self, events: Sequence[Outgoing]) -> Fate:
        """Posts again and again, until the sink has decided."""
        while not self._pause.stopped():
            try:
                self._sink.post([event.body for event in events])
            except SinkUnavailable as error:
                self._metrics.retries.labels(str(error.status or "none")).inc()
                _log.log(logging.DEBUG if self._pause.failing else logging.WARNING, "%s; trying again", error)
                self._pause.wait(error.retry_after)
            except SinkRefused as error:
                _log_refusal(error, events)
                return Fate.REFUSED
            else:
                self._pause.reset()
                return Fate.ACCEPTED
        return Fate.HALTED

    def _settle(self, events: Sequence[Outgoing], *, accepted: bool) -> None:
        now = time.monotonic()
        outcome = "accepted" if accepted else "refused"
        for event in events:
            self._metrics.events.labels(event.type, outcome).inc()
            self._metrics.delivery.observe(now - event.seen)
            event.settled(accepted)


class Delivery:
    """The lanes, one for each courier. `put` holds its caller up while too much waits: the bound on memory."""

    def __init__(
        self, couriers: Sequence[Courier], crew: Crew, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._room = Room(max_events, max_bytes)
        self._lanes = [Lane() for _ in couriers]
        for lane, courier in zip(self._lanes, couriers, strict=True):
            crew.start("delivery", _loop(lane, courier, self._room))

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


def _loop(lane: Lane, courier: Courier, room: Room) -> Callable[[], None]:
    def run() -> None:
        while events := lane.first(courier.most):
            if not courier.carry(events):
                return
            lane.drop(len(events))
            room.leave(events)

    return run


def _log_refusal(error: SinkRefused, events: Sequence[Outgoing]) -> None:
    if len(events) > 1:
        _log.info("%s to a batch of %d events: posting them one by one", error, len(events))
        return
    [event] = events
    _log.error("%s: the event %s of type %s is left out", error, event.id, event.type)
