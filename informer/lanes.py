"""Lanes: where events wait, in the order of their key, in bounded memory."""

import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

BATCH_EVENTS = 500
BATCH_BYTES = 512 * 2**10
"""The most that leaves a lane at once: far below what receivers limit a body to."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event as it is posted, and whom to tell once it is settled: accepted (True), or refused for good.

    Events with the same `key` keep their order. `seen` is a monotonic time in seconds.
    """

    key: str
    type: str
    id: str
    body: bytes
    settled: Callable[[bool], None]
    seen: float = field(default_factory=time.monotonic)


class Room:
    """How many events, and bytes of them, may wait in all lanes together."""

    def __init__(self, max_events: int, max_bytes: int) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._changed = threading.Condition()
        self.events = 0
        self.bytes = 0

    def enter(self, event: Outgoing) -> None:
        """Takes room for `event`; waits until there is some."""
        with self._changed:
            self._changed.wait_for(self._has_room)
            self.events += 1
            self.bytes += len(event.body)

    def leave(self, events: Sequence[Outgoing]) -> None:
        """Gives the room of `events` back."""
        with self._changed:
            self.events -= len(events)
            self.bytes -= sum(len(event.body) for event in events)
            self._changed.notify_all()

    def wait_empty(self, seconds: float | None) -> bool:
        """Whether everything left within `seconds` (None: however long it takes)."""
        with self._changed:
            return self._changed.wait_for(lambda: self.events == 0, seconds)

    def _has_room(self) -> bool:
        return self.events < self._max_events and self.bytes < self._max_bytes


class Lane:
    """A queue of events for one thread that takes them out. They stay in it until they are settled.

    Those of a key that was set aside wait by themselves, so that the others can pass.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._waiting: deque[Outgoing] = deque()
        self._aside: dict[str, deque[Outgoing]] = {}
        self._changed = threading.Condition()
        self._closed = False

    def put(self, event: Outgoing) -> None:
        """Adds an event at the end."""
        with self._changed:
            self._aside.get(event.key, self._waiting).append(event)
            self._changed.notify()

    def first(self, most: Callable[[], int], pause: Callable[[], float]) -> list[Outgoing]:
        """The events at the front, `most` or as many as one body may hold. Waits for one; empty once it is closed.

        Each time when `pause` seconds are over, it is the first event of the key that was set aside first.
        """
        with self._changed:
            while not self._closed:
                left = pause() if self._aside else None
                if left is not None and left <= 0:
                    return [next(iter(self._aside.values()))[0]]
                if self._waiting:
                    return _fitting(self._waiting, most())
                self._changed.wait(left)
        return []

    def settle(self, events: Sequence[Outgoing]) -> None:
        """Removes `events`, which are the first of the lane, or of a key that was set aside and no longer is."""
        with self._changed:
            for event in events:
                queue = self._aside.pop(event.key, self._waiting)
                queue.popleft()
                if queue is not self._waiting:
                    self._waiting.extendleft(reversed(queue))
        self._room.leave(events)

    def set_aside(self, key: str) -> None:
        """Lets the events of `key` wait by themselves, behind all other keys of which that is so."""
        with self._changed:
            queue = self._aside.pop(key, None)
            if queue is None:
                queue = deque(event for event in self._waiting if event.key == key)
                self._waiting = deque(event for event in self._waiting if event.key != key)
            self._aside[key] = queue

    def is_aside(self, key: str) -> bool:
        """Whether the events of `key` wait by themselves."""
        return key in self._aside

    def close(self) -> None:
        """Lets the thread end that takes events out."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def oldest(self) -> float | None:
        """When the event was seen that has waited longest; None without one."""
        with self._changed:
            return min((queue[0].seen for queue in (self._waiting, *self._aside.values()) if queue), default=None)


def lane_of(key: str, lanes: Sequence[Lane]) -> Lane:
    """The lane of `key`: always the same one, so its events keep their order."""
    return lanes[zlib.crc32(key.encode()) % len(lanes)]


def _fitting(waiting: deque[Outgoing], most: int) -> list[Outgoing]:
    events: list[Outgoing] = []
    size = 0
    for event in islice(waiting, most):
        size += len(event.body) + 1
        if events and size > BATCH_BYTES:
            break
        events.append(event)
    return events
