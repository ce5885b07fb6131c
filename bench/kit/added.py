"""What something adds to a create: rounds of it, next to rounds of the same create without it.

A round is the percentiles 0 to 100 of its creates, in microseconds, as the load generator prints them.
"""

import statistics
from collections.abc import Callable, Sequence

from bench.kit.charts import Chart
from bench.kit.load import Load
from bench.kit.ratios import Ratio, ratio_of_medians

CONNECTIONS = (1, 8)
Rounds = Sequence[Sequence[float]]
Found = dict[int, dict[str, list[list[float]]]]
"""Connections -> variant -> round."""


def interleaved(variants: Sequence[str], count: int, create: Callable[[str, int], list[float]]) -> Found:
    """`count` rounds of each variant in turn, one at a time and eight at a time, after one that warms up.

    `create` makes one round of a variant over so many connections.
    """
    found: Found = {number: {variant: [] for variant in variants} for number in CONNECTIONS}
    for turn in range(count + 1):
        for number in CONNECTIONS:
            for variant in variants:
                percentiles = create(variant, number)
                if turn:
                    found[number][variant].append(percentiles)
    return found


def created(load: Load, url: str, connections: int, requests: int) -> list[float]:
    """One round of creates at `url`, none of which may fail."""
    outcome = load.run(url, connections, requests, "-client", "go", "-expect", "201")
    assert not outcome.failed, f"{url}: {outcome.failures}"
    return outcome.percentiles_us


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


def chart(title: str, found: Found, variants: Sequence[str]) -> Chart:
    """What each variant but the first adds, which is the create without any of them."""
    bare, *others = variants
    medians = {
        f"{number} at a time": [statistics.median(added(of[variant], of[bare])) for variant in others]
        for number, of in found.items()
    }
    return Chart(title, "ms", others, medians)
