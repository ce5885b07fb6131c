"""Figures with their spread."""

import pytest

from bench.kit.ratios import Spread, around, ratio, row, spread


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        pytest.param([2.0], Spread(2.0, 0.0), id="one round"),
        pytest.param([3.0, 1.0, 2.0], Spread(2.0, 1.0), id="three rounds: the least and the most are in it"),
        pytest.param([*map(float, range(10, 21))], Spread(15.0, 8 / 15), id="eleven: one at each end is not"),
        pytest.param([1000.0, *[10.0] * 10], Spread(10.0, 0.0), id="one that was disturbed changes nothing"),
    ],
)
def test_spread_is_of_the_middle_eight_tenths(values: list[float], wanted: Spread) -> None:
    """The value is the median, the spread a share of it."""
    assert spread(values) == wanted


def test_a_ratio_is_taken_round_by_round() -> None:
    """Two rounds of a machine twice as slow leave the ratio as it is."""
    assert ratio([1.0, 2.0, 1.0], [4.0, 8.0, 4.0]) == Spread(0.25, 0.0)


def test_rounds_that_are_not_pairs_are_no_ratio() -> None:
    """A round that is missing on one side would pair strangers."""
    with pytest.raises(ValueError, match="longer than argument 1"):
        ratio([1.0], [1.0, 2.0])


def test_around_a_negative_value_the_spread_is_positive() -> None:
    """Noise can make an added time negative; its spread stays a share."""
    assert around(-2.0, [-3.0, -1.0]) == Spread(-2.0, 1.0)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        pytest.param(Spread(0.756, 0.22).text(), "0.76 ±11%", id="half of the spread to each side"),
        pytest.param(Spread(0.756, 0.30).text(), "0.76 ±15%", id="30 % is trusted"),
        pytest.param(Spread(0.756, 0.31).text(), "0.76 ±16% ?", id="more is not"),
        pytest.param(Spread(28560.4, 0.02).text(",.0f"), "28,560 ±1%", id="in a form of its own"),
    ],
)
def test_a_cell_marks_what_cannot_be_trusted(cell: str, wanted: str) -> None:
    """A question mark where the rounds disagree."""
    assert cell == wanted


def test_a_row_has_the_ends_too() -> None:
    """What the spread leaves out is seen beside it."""
    assert row("ms", [1000.0, *[10.0] * 10], ",.0f") == ["ms", "10 ±0%", "10", "1,000"]
