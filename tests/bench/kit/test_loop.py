"""What is read of a program's own counters."""

import pytest

from bench.kit.loop import total


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        pytest.param([], 0, id="not counted yet"),
        pytest.param(['a{profile="x"} 12'], 12, id="one line"),
        pytest.param(['a{profile="x y"} 12', 'a{profile="z"} 1.5e+03'], 1512, id="two, one of them as Go writes it"),
    ],
)
def test_a_counter_is_the_sum_of_its_lines(lines: list[str], number: int) -> None:
    """Of Prometheus' text format, whatever the labels hold."""
    assert total(lines) == number
