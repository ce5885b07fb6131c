"""Ratios of interleaved rounds, with their spread: what is compared ran within seconds of each other."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

TRUSTED = 0.30
"""A spread above this says more of the machine's other work than of what was measured."""


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, and how far apart their middle eight tenths are, as a share of it."""

    value: float
    spread: float

    @property
    def trusted(self) -> bool:
        """Whether the rounds agree."""
        return self.spread <= TRUSTED

    def __str__(self) -> str:
        """As it stands in a table; a question mark where the rounds disagree."""
        return f"{self.value:.2f} ±{self.spread / 2:.0%}{'' if self.trusted else ' ?'}"


def ratio(mine: Sequence[float], base: Sequence[float]) -> Ratio:
    """`mine` over `base`, round by round."""
    found = sorted(one / other for one, other in zip(mine, base, strict=True))
    low, high = (found[round(share * (len(found) - 1))] for share in (0.1, 0.9))
    middle = statistics.median(found)
    return Ratio(middle, (high - low) / middle)


def ratio_of_medians(mine: Sequence[float], base: Sequence[float]) -> Ratio:
    """The median of `mine` over the median of `base`, for values that scatter too much to be divided one by one.

    The spread is that of the middle eight tenths of the ratios that a thousand random draws of rounds give.
    """
    chance = random.Random(0)  # noqa: S311 - no secret; the same figures give the same spread
    pairs = list(zip(mine, base, strict=True))
    drawn = sorted(_of_medians(chance.choices(pairs, k=len(pairs))) for _ in range(1000))
    middle = _of_medians(pairs)
    return Ratio(middle, (drawn[900] - drawn[100]) / abs(middle))


def _of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    return statistics.median(one for one, _ in pairs) / statistics.median(other for _, other in pairs)
