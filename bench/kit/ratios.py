"""Figures with their spread: what rounds found, and ratios of rounds that ran within seconds of each other."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

TRUSTED = 0.30
"""A spread above this says more of the machine's other work than of what was measured."""


@dataclass(frozen=True)
class Spread:
    """A figure, and how far apart the middle eight tenths of what it is taken from are, as a share of it."""

    value: float
    spread: float

    @property
    def trusted(self) -> bool:
        """Whether they agree."""
        return self.spread <= TRUSTED

    def text(self, form: str = ".2f") -> str:
        """As it stands in a table, `form` being that of the value; a question mark where they disagree."""
        return f"{self.value:{form}} ±{self.spread / 2:.0%}{'' if self.trusted else ' ?'}"

    def __str__(self) -> str:
        """With two decimals."""
        return self.text()


def spread(values: Sequence[float]) -> Spread:
    """The median of `values`, one of each round."""
    return around(statistics.median(values), values)


def ratio(mine: Sequence[float], base: Sequence[float]) -> Spread:
    """`mine` over `base`, round by round: the median of these ratios."""
    return spread([one / other for one, other in zip(mine, base, strict=True)])


def around(value: float, values: Sequence[float]) -> Spread:
    """`value`, with the spread of `values`."""
    ranked = sorted(values)
    low, high = (ranked[round(share * (len(ranked) - 1))] for share in (0.1, 0.9))
    return Spread(value, (high - low) / abs(value))


def row(name: str, values: Sequence[float], form: str) -> list[str]:
    """A row of a table: the median of the rounds with its spread, the least, the most."""
    return [name, spread(values).text(form), *(f"{end(values):{form}}" for end in (min, max))]
