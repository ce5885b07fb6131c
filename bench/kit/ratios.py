"""Ratios of interleaved rounds, with their spread: what is compared ran within seconds of each other."""

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
