"""What the bench of lost calls says of its own power."""

import pytest

from bench.failures import power


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        pytest.param(8, "control func, TLS: one call in 96 gaps is lost", id="it loses some"),
        pytest.param(
            0,
            "NO POWER: func, TLS lost no call in 766 gaps, so that none lost by ours says nothing",
            id="it loses none",
        ),
    ],
)
def test_a_control_says_whether_the_bench_can_see_a_loss(lost: int, said: str) -> None:
    """Without a lost call of the control the bench says that its zeros mean nothing."""
    assert power("func, TLS", lost, gaps=766) == said
