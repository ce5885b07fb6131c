"""What something adds to a create: rounds of it, next to rounds of the same create without it.

A round is the percentiles 0 to 100 of its creates, in microseconds, as the load generator prints them.
"""

from collections.abc import Sequence

from bench.kit.ratios import Ratio, ratio_of_medians

Rounds = Sequence[Sequence[float]]


def added(mine: Rounds, bare: Rounds) -> list[float]:
    """Milliseconds more at p50, of each round."""
    return [(one[50] - other[50]) / 1000 for one, other in zip(mine, bare, strict=True)]


def added_ratio(mine: Rounds, other: Rounds, bare: Rounds) -> Ratio:
    """What one adds at p50 over what another does."""
    return ratio_of_medians(added(mine, bare), added(other, bare))


def pooled(rounds: Rounds, percent: float) -> float:
    """That percentile of all rounds together, in milliseconds; a round gives as many values as it has percentiles."""
    values = sorted(value for percentiles in rounds for value in percentiles[:101])
    return values[min(int(len(values) * percent / 100), len(values) - 1)] / 1000
