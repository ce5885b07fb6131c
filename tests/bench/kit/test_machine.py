"""What else the machine does."""

import pytest

from bench.kit.machine import Moment, busy_seconds


def test_busy_is_all_but_idling() -> None:
    """User, nice, system, interrupts and stolen time count; idling and waiting for a disk do not, guests not twice."""
    assert busy_seconds("cpu  100 20 30 5000 400 5 6 7 99 99", 100) == 1.68


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        pytest.param(Moment(110.0, 60.0, 15.0, 1.0), 0.5, id="half a core of others"),
        pytest.param(Moment(110.0, 65.0, 25.0, 1.0), 0.0, id="all of it was ours"),
        pytest.param(Moment(110.0, 64.9, 25.0, 1.0), 0.0, id="clocks that tick apart"),
    ],
)
def test_others_are_what_is_not_ours(after: Moment, wanted: float) -> None:
    """Cores that were busy with other programs, on average."""
    assert after.others(Moment(100.0, 50.0, 10.0, 1.0)) == wanted


def test_this_moment_is_read_from_the_kernel() -> None:
    """The clocks run: a later moment has not less."""
    first, second = Moment.now(), Moment.now()

    assert (second.at >= first.at, second.busy >= first.busy, second.ours >= first.ours) == (True, True, True)
