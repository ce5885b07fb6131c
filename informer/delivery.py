"""Delivery: each lane has a thread that posts its events until the sink has taken them.

Nothing waits for a timer: a lane that is idle posts an event the moment it comes. While a post is under way others
gather behind it, and then go out together if the sink takes batches.
"""

import logging
import time
from collections.abc import Callable, Sequence
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

    def carry(self, events: Sequence[Outgoing]) -> None:
        """Returns once each of `events` is settled, or when the pause was told to stop."""
        if len(events) > 1:
            self._together(events)
        else:
            self._singly(events)

    def _together(self, events: Sequence[Outgoing]) -> None:
        try:
            if self._posted(events):
                self._settle(events, accepted=True)
        except SinkRefused as error:
            if self._singly(events) == 0:
                self._batching.wanted = False
                _log.warning("%s to a batch, and took each of its events: no more batches", error)

    def _singly(self, events: Sequence[Outgoing]) -> int:
        """Posts one after another; how many were refused."""
        refused = 0
        for event in events:
            try:
                if not self._posted([event]):
                    break
                self._settle([event], accepted=True)
            except SinkRefused as error:
                refused += 1
                _log.error("%s: the event %s of type %s is left out", error, event.id, event.type)
                self._settle([event], accepted=False)
        return refused

    def _posted(self, events: Sequence[Outgoing]) -> bool:
        """Posts again and again until they are taken; False if it was told to stop."""
        while not self._pause.stopped():
            try:
                self._sink.post([event.body for event in events])
            except SinkUnavailable as error:
                self._metrics.retries.labels(str(error.status or "none")).inc()
                _log.log(logging.DEBUG if self._pause.failing else logging.WARNING, "%s; trying again", error)
                self._pause.wait(error.retry_after)
            else:
                self._pause.reset()
                return True
        return False

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
            courier.carry(events)
            lane.drop(len(events))
            room.leave(events)

    return run
