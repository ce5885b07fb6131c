"""Which recorded events to send, in what order, and when."""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from function.events import aware
from informer.replay.recordings import Event

_LEAP = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:)60")


@dataclass(frozen=True, slots=True)
class Selection:
    """Of recorded events, those from `since` on and before `until` with this key, each `times` times.

    `shuffle` is the seed of a random order, which needs all of them in memory; None keeps the file's.
    """

    since: datetime | None = None
    until: datetime | None = None
    key: str | None = None
    times: int = 1
    shuffle: int | None = None

    def of(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events to send, in order."""
        chosen = (event for event in events if self._wants(event) for _ in range(self.times))
        return chosen if self.shuffle is None else iter(_shuffled(list(chosen), self.shuffle))

    def misses_time(self, event: Event) -> bool:
        """Whether the event is left out only because it does not say when it was."""
        return self._has_span and self._has_key(event) and time_of(event) is None

    def words(self) -> list[str]:
        """What tells this selection from others, apart from `times`."""
        parts = {"from": self.since, "to": self.until, "key": self.key, "shuffle": self.shuffle}
        return [f"{name} {value}" for name, value in parts.items() if value is not None]

    def _wants(self, event: Event) -> bool:
        if not self._has_key(event):
            return False
        time = time_of(event)
        if time is None:
            return not self._has_span
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def _has_key(self, event: Event) -> bool:
        return self.key is None or key_in(event) == self.key

    @property
    def _has_span(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(slots=True)
class Pace:
    """When each event is due, in seconds after the first one: as it was recorded, `speed` times as fast."""

    speed: float
    _first: datetime | None = None

    def due(self, event: Event) -> float:
        """0 for an event without a time, or from before the first."""
        time = time_of(event)
        if time is None:
            return 0.0
        self._first = self._first or time
        return max(0.0, (time - self._first).total_seconds() / self.speed)


def key_in(event: Event) -> str | None:
    """The key that one of our events is about."""
    data = event.get("data")
    key = data.get("key") if isinstance(data, dict) else None
    return key if isinstance(key, str) else None


def time_of(event: Event) -> datetime | None:
    """When it happened; None if the event does not say, or not as RFC 3339."""
    try:
        return instant(str(event.get("time", "")))
    except ValueError:
        return None


def instant(text: str) -> datetime:
    """A moment of RFC 3339, such as 2026-11-24T08:00:00Z; without an offset it counts as UTC.

    A leap second (RFC 3339, 5.6: second 60) is read as the second after it, as Python's clock has none.

    Raises:
        ValueError: it is none.
    """
    plain, leaps = _LEAP.subn(r"\g<1>59", text.upper())
    time = aware(datetime.fromisoformat(plain))
    try:
        return time + timedelta(seconds=leaps)
    except OverflowError:
        raise ValueError(text) from None


def _shuffled(events: list[Event], seed: int) -> list[Event]:
    random.Random(seed).shuffle(events)  # noqa: S311 - a reproducible order, no secret
    return events
