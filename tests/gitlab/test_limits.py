"""Rate limits, on a clock that a test moves."""

import pytest

from tests.gitlab.calls import RefusalError, reply
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.limits import GROUP_PROJECTS, JOBS, PROJECT, TOO_MANY, Limits


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        pytest.param(JOBS, 600, id="jobs of a project"),
        pytest.param(GROUP_PROJECTS, 600, id="projects of a group"),
        pytest.param(PROJECT, 400, id="a project"),
    ],
)
def test_an_endpoints_own_limit(endpoint: str, allowed: int) -> None:
    """A user may call so often a minute; the next minute begins anew, and others are not concerned."""
    clock = SimulatedClock()
    limits = Limits(clock)
    for _ in range(allowed):
        limits.check(endpoint, "ann")

    with pytest.raises(RefusalError) as refused:
        limits.check(endpoint, "ann")
    assert refused.value.answer == reply(TOO_MANY, 429)
    limits.check(endpoint, "bob")
    clock.advance(60)
    limits.check(endpoint, "ann")


def test_no_limit() -> None:
    """A limit of 0 is none."""
    limits = Limits(SimulatedClock())
    limits.per_minute[JOBS] = 0

    for _ in range(2000):
        limits.check(JOBS, "ann")


def test_the_general_limit() -> None:
    """Its headers count down on each answer; over it comes plain text that says when to come back."""
    clock = SimulatedClock()
    clock.advance(100)
    limits = Limits(clock)
    limits.general = (2, 180)
    common = {
        "ratelimit-name": "throttle_authenticated_api",
        "ratelimit-limit": "1",
        "ratelimit-reset": "1795507380",
    }

    within = [limits.check_general("ann") for _ in range(2)]
    with pytest.raises(RefusalError) as refused:
        limits.check_general("ann")

    assert within == [
        {**common, "ratelimit-observed": "1", "ratelimit-remaining": "1"},
        {**common, "ratelimit-observed": "2", "ratelimit-remaining": "0"},
    ]
    answer = refused.value.answer
    assert (answer.status, answer.body) == (429, b"Retry later\n")
    assert answer.headers == {
        **common,
        "content-type": "text/plain",
        "ratelimit-observed": "3",
        "ratelimit-remaining": "0",
        "ratelimit-resettime": "Tue, 24 Nov 2026 08:03:00 GMT",
        "retry-after": "80",
    }


def test_without_a_general_limit_there_are_no_headers() -> None:
    """It is off by default."""
    assert Limits(SimulatedClock()).check_general("ann") == {}
