"""How long to wait before the next try: exponential, with full jitter, and as long as the other side asks."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 10.0
LONGEST_ASKED_SECONDS = 600.0
"""The longest Retry-After that is honoured: a wrong one must not stop us for a day."""


class Asked:
    """Until when the other side asked not to be called (Retry-After). For all who call it: they share one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0

    def note(self, seconds: float) -> None:
        """It asked for `seconds` from now, or longer before."""
        self._until = max(self._until, self._clock() + min(seconds, LONGEST_ASKED_SECONDS))

    def left(self) -> float:
        """For how many seconds more; 0 if it may be called."""
        return max(0.0, self._until - self._clock())


class Backoff:
    """Waits longer with each failure in a row, and ends every wait when `stop` is set.

    Full jitter (a random part of the whole delay) keeps those who failed together from coming back together.
    Those who share `asked` all keep away for as long as one of them was asked to.
    """

    def __init__(
        self, stop: threading.Event, part: Callable[[], float] = random.random, asked: Asked | None = None
    ) -> None:
        self._stop = stop
        self._part = part
        self._asked = asked or Asked()
        self._failures = 0

    def another(self) -> "Backoff":
        """One like this that counts failures of its own."""
        return Backoff(self._stop, self._part, self._asked)

    def stopped(self) -> bool:
        """Whether no more tries are wanted."""
        return self._stop.is_set()

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    def reset(self) -> None:
        """Tells that a try succeeded."""
        self._failures = 0

    def wait(self, asked: float | None = None) -> None:
        """Waits before the next try: at least the `asked` seconds, if the other side named any."""
        self._stop.wait(self.seconds(asked))

    def keep_away(self) -> None:
        """Waits for as long as the other side asked anyone to."""
        while not self._stop.is_set() and (left := self._asked.left()):
            self._stop.wait(left)

    def seconds(self, asked: float | None = None) -> float:
        """How long to wait after one more failure."""
        self._asked.note(asked or 0.0)
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return min(asked or 0.0, LONGEST_ASKED_SECONDS) + longest * self._part()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer's Retry-After asks for, whole seconds or an HTTP date; None without a readable one.

    A date is compared with the answer's own Date: the sender's clock need not be ours.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
