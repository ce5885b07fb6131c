"""How often GitLab was asked, by the times of the calls."""

from collections.abc import Sequence

import pytest

from bench.scaler_group import busiest, each_minute


@pytest.mark.parametrize(
    ("calls", "wanted"),
    [
        pytest.param([0.0], 1, id="one"),
        pytest.param([0.0, 59.9, 60.0], 2, id="a minute ends before its sixtieth second"),
        pytest.param([0.0, 50.0, 55.0, 65.0, 109.0, 200.0], 4, id="it may begin anywhere"),
    ],
)
def test_the_busiest_minute_is_any_sixty_seconds(calls: Sequence[float], wanted: int) -> None:
    """Two halves of minutes by the clock can make a minute that is over the budget."""
    assert busiest(calls) == wanted


def test_each_minute_has_its_calls() -> None:
    """What comes after the last minute is in none."""
    assert each_minute([0.0, 59.9, 60.0, 121.0, 180.5], 3) == [2, 1, 1]
