"""How often GitLab may be asked: one budget for all queries of one credential.

A bucket of tokens that fills evenly. In any minute, at most `per_minute` plus two bursts of calls start. After a 429
everybody waits until GitLab wants to hear from us again, and then starts from an empty bucket: without a burst.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from function.errors import GitLabLimited

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

_DEFAULT_PAUSE = 60.0
_MAX_PAUSE = 3600.0
_BURST_SECONDS = 3.0
_URGENT_SHARE = 1 / 3
_TICK = 0.001  # so that a wait is not a hair too short


class _Bucket:
    """Tokens that fill evenly, `per_second`, up to `burst`. Times are monotonic, in seconds."""

    def __init__(self, now: float) -> None:
        self._tokens = math.inf  # as many as fit
        self._filled_at = now

    def set_pace(self, per_second: float) -> None:
        self.per_second = per_second

    def wait(self, now: float, burst: float, needed: float) -> float:
        """Seconds until there are `needed` tokens."""
        gained = max(0.0, now - self._filled_at) * self.per_second
        self._tokens = min(burst, self._tokens + gained)
        self._filled_at = max(now, self._filled_at)
        return (needed - self._tokens) / self.per_second

    def take(self) -> None:
        self._tokens -= 1.0

    def empty(self, until: float) -> None:
        """Leaves one token, and gains none before `until`."""
        self._tokens = min(self._tokens, 1.0)
        self._filled_at = until


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
        self._all, self._urgent = _Bucket(clock()), _Bucket(clock())
        self.set_pace(per_minute)
        self._paused_until, self._why = 0.0, ""
        self._clock, self._wall, self._sleep = clock, wall, sleep
        self._turn, self._urgent_turn = asyncio.Lock(), asyncio.Lock()

    def set_pace(self, per_minute: int) -> None:
        """Changes the pace from now on."""
        self.per_second = per_minute / 60.0
        self._burst = max(1.0, self.per_second * _BURST_SECONDS)
        self._all.set_pace(self.per_second)
        self._urgent.set_pace(self.per_second * _URGENT_SHARE)

    async def take(self, *, urgent: bool = False) -> None:
        """Waits until one call may start.

        An urgent one does not queue up behind others: it may borrow one burst ahead. Of the pace, urgent ones get a
        third at most, so that the rest goes on whatever comes.
        """
        async with self._urgent_turn if urgent else self._turn:
            while (wait := self._wait(urgent=urgent)) > 0:
                await self._sleep(wait + _TICK)
            self._all.take()
            if urgent:
                self._urgent.take()

    def _wait(self, *, urgent: bool) -> float:
        now, burst = self._clock(), self._burst
        wait = max(self.paused, self._all.wait(now, burst, 1.0 - burst if urgent else 1.0))
        return max(wait, self._urgent.wait(now, burst, 1.0)) if urgent else wait

    def limited(self, error: GitLabLimited) -> float:
        """GitLab answered 429: nobody calls for as long as it said, or 60 s. Returns how long that is."""
        self.remaining = error.remaining if error.remaining is not None else self.remaining
        told = error.retry_after
        pause = min(_DEFAULT_PAUSE if told is None else max(told, 1.0), _MAX_PAUSE)
        self._pause(pause, str(error))
        return pause

    def learn(self, headers: Mapping[str, str]) -> None:
        """Takes note of what an answer's headers say of GitLab's own limit; at nothing left, waits for its reset."""
        left = remaining(headers)
        if left is None:
            return
        self.remaining = left
        until = retry_after(headers, self._wall())
        if left == 0 and until is not None:
            self._pause(min(until, _MAX_PAUSE), "GitLab's rate limit has nothing left")

    def _pause(self, seconds: float, why: str) -> None:
        until = self._clock() + seconds
        if until <= self._paused_until:
            return
        self._paused_until, self._why = until, why
        self._all.empty(until)
        self._urgent.empty(until)

    @property
    def paused(self) -> float:
        """Seconds for which nobody may call; 0 if calls may start."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def refusal(self) -> GitLabLimited | None:
        """Why nobody may call, and until when; None if calls may start."""
        pause = self.paused
        if pause == 0:
            return None
        end = datetime.fromtimestamp(self._wall() + pause, UTC)
        return GitLabLimited(f"{self._why}; no call starts before {end:%H:%M:%S} UTC, in {pause:.0f} s", pause)


def remaining(headers: Mapping[str, str]) -> int | None:
    """What is left of GitLab's own limit (RateLimit-Remaining); None if it does not say."""
    left = headers.get("RateLimit-Remaining", "")
    return int(left[:18]) if _is_number(left) else None


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
