"""One round: what failed, what did not, and when it is given up."""

import pytest

from function.errors import GitLabDenied, GitLabError, GitLabLimited, GitLabUnavailable
from scaler.gitlab import Listing
from scaler.sweep import Sweep, Unit

UNITS = [Unit("project", number) for number in range(20)]
AWAY, UNAUTHORIZED, FORBIDDEN, LIMITED = (
    GitLabUnavailable("away", 503),
    GitLabDenied("no token", 401),
    GitLabDenied("not this project", 403),
    GitLabLimited("too many"),
)


class Counting:
    """Counts units: fails with `error` on those in `failing`, and remembers which were asked for."""

    def __init__(self, failing: set[int], error: GitLabError) -> None:
        self.asked: list[int] = []
        self._failing, self._error = failing, error

    async def __call__(self, unit: Unit) -> Listing:
        """One unit."""
        self.asked.append(unit.id)
        if unit.id in self._failing:
            raise self._error
        return Listing(())


@pytest.mark.parametrize(
    ("failing", "error", "asked"),
    [
        pytest.param(set(), AWAY, 20, id="all-well"),
        pytest.param({1, 3, 5, 7, 9, 11}, AWAY, 20, id="every-other-is-away"),
        pytest.param(set(range(20)), AWAY, 5, id="away"),
        pytest.param(set(range(20)), FORBIDDEN, 20, id="forbidden"),
        pytest.param(set(range(20)), UNAUTHORIZED, 1, id="unauthorized"),
        pytest.param(set(range(20)), LIMITED, 1, id="limited"),
    ],
)
async def test_giving_up(failing: set[int], error: GitLabError, asked: int) -> None:
    """Five failures in a row, one 401, or a limit that no pause helped against, end the asking; the rest is left."""
    counting = Counting(failing, error)
    sweep = Sweep(counting)
    await sweep.run(UNITS)
    assert len(counting.asked) == asked
    assert set(sweep.listings) == {unit for unit in UNITS if unit.id not in failing}
    assert sweep.failures == {unit: error for unit in UNITS if unit.id in failing & set(counting.asked)}
    assert sweep.hopeless is (error if asked < len(UNITS) else None)
