"""Simulated time, and how GitLab writes times."""

import pytest

from tests.gitlab.clock import START, SimulatedClock, stamp, whole_stamp


def test_it_moves_only_forward() -> None:
    """The clock stands still until it is moved, and refuses to go back."""
    clock = SimulatedClock(10)
    clock.advance(2.5)

    assert clock() == 12.5
    with pytest.raises(ValueError, match="cannot move the clock by -1 s: time never goes back"):
        clock.advance(-1)


@pytest.mark.parametrize(
    ("seconds", "exact", "whole"),
    [
        pytest.param(START, "2026-11-24T08:00:00.000Z", "2026-11-24T08:00:00Z", id="whole"),
        pytest.param(START + 0.1239, "2026-11-24T08:00:00.123Z", "2026-11-24T08:00:00Z", id="cut, not rounded"),
        pytest.param(None, None, None, id="never"),
    ],
)
def test_stamps(seconds: float | None, exact: str | None, whole: str | None) -> None:
    """REST has milliseconds, GraphQL and webhooks whole seconds."""
    assert (stamp(seconds), whole_stamp(seconds)) == (exact, whole)
