"""How often GitLab may be asked: one budget for all queries of one credential.

A bucket of tokens that fills evenly. In any minute, at most `per_minute` plus two bursts of calls start. After a 429
everybody waits until GitLab wants to hear from us again, and then starts from an empty bucket: without a burst.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_DEFAULT_PAUSE = 60.0
_MAX_PAUSE = 3600.0
_BURST_SECONDS = 3.0
_TICK = 0.001  # so that a wait is not a hair too short


class Budget:
    """The budget of one credential at one GitLab. `clock` is monotonic, in seconds; `wall` the epoch."""

    def __init__(
        self,
        per_minute: int,
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.remaining: int | None = None
        """What GitLab said is left of its own limit, None if it never said."""
        self.set_pace(per_minute)
        self._tokens = self._burst
        self._filled_at = clock()
        self._paused_until = 0.0
        self._clock, self._wall, self._sleep = clock, wall, sleep
        self._turn = asyncio.Lock()

    def set_pace(self, per_minute: int) -> None:
        """Changes the pace from now on."""
        self.per_second = per_minute / 60.0
        self._burst = max(1.0, self.per_second * _BURST_SECONDS)

    async def take(self, *, urgent: bool = False) -> None:
        """Waits until one call may start. An urgent one does not queue up: it may borrow one burst ahead."""
        if urgent:
            await self._take(needed=1.0 - self._burst)
            return
        async with self._turn:
            await self._take(needed=1.0)

    async def _take(self, needed: float) -> None:
        self._fill()
        while (wait := max(self.paused, (needed - self._tokens) / self.per_second)) > 0:
            await self._sleep(wait + _TICK)
            self._fill()
        self._tokens -= 1.0

    def _fill(self) -> None:
        now = self._clock()
        gained = max(0.0, now - self._filled_at) * self.per_second
        self._tokens = min(self._burst, self._tokens + gained)
        self._filled_at = max(now, self._filled_at)

    def limited(self, retry_after: float | None) -> float:
        """GitLab answered 429: nobody calls for `retry_after` seconds (60 if unknown). Returns how long that is."""
        pause = min(_DEFAULT_PAUSE if retry_after is None else max(retry_after, 1.0), _MAX_PAUSE)
        self._pause(pause)
        return pause

    def learn(self, headers: Mapping[str, str]) -> None:
        """Takes note of what an answer's headers say of GitLab's own limit; at nothing left, waits for its reset."""
        left = headers.get("RateLimit-Remaining", "")
        if not _is_number(left):
            return
        self.remaining = int(left[:18])
        until = retry_after(headers, self._wall())
        if self.remaining == 0 and until is not None:
            self._pause(min(until, _MAX_PAUSE))

    def _pause(self, seconds: float) -> None:
        until = self._clock() + seconds
        if until <= self._paused_until:
            return
        self._paused_until = until
        self._tokens = min(self._tokens, 1.0)
        self._filled_at = until  # nothing is gained while we wait

    @property
    def paused(self) -> float:
        """Seconds for which nobody may call; 0 if calls may start."""
        return max(0.0, self._paused_until - self._clock())


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds after which GitLab wants to be asked again: Retry-After, else RateLimit-Reset; None if it does not say.

    Retry-After is seconds or an HTTP date, RateLimit-Reset the time of the epoch (docs.gitlab.com, "Rate limits").
    """
    after = _seconds(headers.get("Retry-After", "").strip(), now)
    if after is not None:
        return after
    reset = headers.get("RateLimit-Reset", "").strip()
    return max(0.0, float(reset[:12]) - now) if _is_number(reset) else None


def _seconds(text: str, now: float) -> float | None:
    if _is_number(text):
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()  # isdigit alone takes "²", which int() does not
