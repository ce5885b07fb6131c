"""Time as the fake GitLab sees it: a callable that returns seconds since the epoch; `time.time` fits too."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC).timestamp()


class SimulatedClock:
    """A clock that stands still until a test moves it; `start` is in seconds since the epoch."""

    def __init__(self, start: float = START) -> None:
        self._now = start

    def __call__(self) -> float:
        """Return the simulated time in seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; time never goes back."""
        if seconds < 0:
            raise ValueError(f"cannot move the clock by {seconds} s: time never goes back")
        self._now += seconds


def stamp(seconds: float | None) -> str | None:
    """Return the time as GitLab's REST API writes it, such as `2015-12-24T15:51:21.802Z`; None stays None."""
    return _iso(seconds, "milliseconds")


def whole_stamp(seconds: float | None) -> str | None:
    """Return the time in whole seconds, as GraphQL and webhooks write it, such as `2015-12-24T15:51:21Z`."""
    return _iso(seconds, "seconds")


def _iso(seconds: float | None, precision: str) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
