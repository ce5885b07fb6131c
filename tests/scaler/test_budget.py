"""The budget of a credential: the pace, urgent calls, pauses, recovery; on a clock of its own."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

import pytest

from function.errors import GitLabLimited
from scaler.budget import Budget, retry_after

NOW = 1_764_000_000.0


class Clock:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds since the test began."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.now += seconds
        await asyncio.sleep(0)


def budget(clock: Clock, per_minute: int = 480) -> Budget:
    """A budget on that clock."""
    return Budget(per_minute, clock, lambda: NOW + clock.now, clock.sleep)


async def starts(clock: Clock, one: Budget, calls: int, *, urgent: bool = False) -> list[float]:
    """When so many calls in a row start."""
    times = []
    for _ in range(calls):
        await one.take(urgent=urgent)
        times.append(clock.now)
    return times


async def test_pace() -> None:
    """No minute holds more than the pace plus a burst, and the pace is kept."""
    clock = Clock()
    times = await starts(clock, budget(clock), 3000)
    busiest = max(sum(start <= time < start + 60 for time in times) for start in times)
    assert (busiest <= 480 + 24 + 1, times[23], 370 < times[-1] < 376) == (True, 0.0, True)


async def test_urgent_borrows_one_burst() -> None:
    """Urgent calls start at once where others must wait, but only one burst of them."""
    clock = Clock()
    one = budget(clock)
    await starts(clock, one, 24)
    urgent = await starts(clock, one, 25, urgent=True)
    assert urgent[:24] == [0.0] * 24
    assert urgent[24] > 0.1
    assert (await starts(clock, one, 1))[0] > 3.0


async def test_urgent_overtakes() -> None:
    """An urgent call does not queue behind those that wait."""
    clock = Clock()
    one = budget(clock)
    await starts(clock, one, 24)
    queue = asyncio.gather(*(one.take() for _ in range(100)))
    await asyncio.sleep(0)
    await one.take(urgent=True)
    assert clock.now < 1
    await queue


@pytest.mark.parametrize(("told", "pause"), [(None, 60.0), (7.0, 7.0), (0.0, 1.0), (1e9, 3600.0)])
async def test_pause_and_recovery(told: float | None, pause: float) -> None:
    """After a 429 nobody calls until GitLab wants it; then one call, and the pace: no burst."""
    clock = Clock()
    one = budget(clock)
    assert one.limited(GitLabLimited("429", told)) == pause
    times = await starts(clock, one, 10)
    gaps = [round(after - before, 2) for before, after in pairwise(times)]
    assert (round(times[0], 1), set(gaps) <= {0.12, 0.13}) == (pause, True)


async def test_refusal() -> None:
    """While nobody may call, it is told why and until when; what is left of the limit is learnt from a 429 too."""
    clock = Clock()
    one = budget(clock)
    before = one.refusal
    one.limited(GitLabLimited("GitLab answered 429 to GET /jobs", 30.0, remaining=0))
    clock.now = 10.0
    during, left = one.refusal, one.remaining
    clock.now = 30.0
    assert str(during) == "GitLab answered 429 to GET /jobs; no call starts before 16:00:30 UTC, in 20 s"
    assert (before, left, one.refusal) == (None, 0, None)


async def test_shorter_pause_does_not_shorten() -> None:
    """Another 429 with a shorter wait changes nothing: the longest holds."""
    clock = Clock()
    one = budget(clock)
    one.limited(GitLabLimited("429", 60))
    one.limited(GitLabLimited("429", 5))
    assert one.paused == 60.0


@pytest.mark.parametrize(
    ("headers", "remaining", "paused"),
    [
        ({}, None, 0.0),
        ({"RateLimit-Remaining": "5"}, 5, 0.0),
        ({"RateLimit-Remaining": "many"}, None, 0.0),
        ({"RateLimit-Remaining": "²"}, None, 0.0),
        ({"RateLimit-Remaining": "0"}, 0, 0.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW) + 30)}, 0, 30.0),
    ],
)
async def test_learn(headers: Mapping[str, str], remaining: int | None, paused: float) -> None:
    """What is left is remembered; with nothing left, nobody calls until the reset."""
    one = budget(Clock())
    one.learn(headers)
    assert (one.remaining, one.paused) == (remaining, paused)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"Retry-After": "17"}, 17.0, id="seconds"),
        pytest.param({"Retry-After": "Mon, 24 Nov 2025 16:00:30 GMT"}, 30.0, id="date"),
        pytest.param({"Retry-After": "Mon, 24 Nov 2025 15:00:00 GMT"}, 0.0, id="date-in-the-past"),
        pytest.param({"Retry-After": "soon"}, None, id="nonsense"),
        pytest.param({"Retry-After": "soon", "RateLimit-Reset": str(int(NOW) + 9)}, 9.0, id="nonsense-and-reset"),
        pytest.param({"Retry-After": "3", "RateLimit-Reset": str(int(NOW) + 9)}, 3.0, id="both"),
        pytest.param({"Retry-After": "²", "RateLimit-Reset": "²"}, None, id="digits-that-are-no-number"),
        pytest.param({"RateLimit-Reset": "9" * 40}, pytest.approx(999999999999 - NOW), id="huge"),
    ],
)
def test_retry_after(headers: Mapping[str, str], seconds: float | None) -> None:
    """Retry-After in both forms, else RateLimit-Reset, else nothing."""
    assert retry_after(headers, NOW) == seconds
