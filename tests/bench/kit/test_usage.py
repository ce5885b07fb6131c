"""What the processes of a server hold together."""

import pytest

from bench.kit.usage import resident


@pytest.mark.parametrize(
    ("pages", "megabytes"),
    [
        pytest.param([{"Private_Dirty": 1000, "Shared_Clean": 500}], 1.536, id="one process: all that it holds"),
        pytest.param(
            [
                {"Private_Dirty": 1000, "Shared_Clean": 500},
                {"Private_Clean": 250, "Shared_Clean": 400, "Shared_Dirty": 50},
            ],
            1.792,
            id="two: what they share counts once",
        ),
        pytest.param([{"Private_Dirty": 1000, "Rss": 9000, "Pss": 4000}], 1.024, id="sums of the kernel do not count"),
    ],
)
def test_shared_pages_count_once(pages: list[dict[str, int]], megabytes: float) -> None:
    """In kB of 1,024 bytes by kind, as the kernel tells them; MB are 10^6 bytes."""
    assert resident(pages) == pytest.approx(megabytes)
