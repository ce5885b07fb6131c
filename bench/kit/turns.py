"""Whose turn it is: in every round another order, so that nobody always comes after the same neighbour."""

import random
from collections.abc import Iterable


def order(names: Iterable[str], turn: int) -> list[str]:
    """`names` in the order of round `turn`: as good as chance, and the same in every run."""
    shuffled = list(names)
    random.Random(turn).shuffle(shuffled)  # noqa: S311 - no secret; a run can be repeated
    return shuffled
