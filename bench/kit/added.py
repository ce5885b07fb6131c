"""What something adds to a create: rounds of it, next to rounds of the same create without it.

A round is what each of its creates took, in microseconds, the shortest first.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

from bench.kit.charts import Chart
from bench.kit.errors import BenchError
from bench.kit.load import Load
from bench.kit.ratios import Spread, around, ratio
from bench.kit.turns import order

CONNECTIONS = (1, 8)
AT_A_TIME = "at a time"
Rounds = Sequence[Sequence[int]]
Case = TypeVar("Case")
"""What rounds are made for: connections, or whatever else is varied, as the table has it."""
Found = dict[Case, dict[str, list[list[int]]]]
"""Case -> variant -> round. The first variant is the create without a webhook."""

_WARM_UP = 5
"""Creates of each connection that do not count: the first waits for its TLS handshake."""
_DRAWS = 300


def interleaved(
    variants: Sequence[str], cases: Sequence[Case], count: int, create: Callable[[str, Case], list[int]]
) -> Found[Case]:
    """`count` rounds of all variants, each in another order, for each of `cases`; one more warms up.

    `create` makes one round of a variant in a case.
    """
    found: Found[Case] = {case: {variant: [] for variant in variants} for case in cases}
    for turn in range(count + 1):
        for case in cases:
            for variant in order(variants, turn):
                latencies = create(variant, case)
                if turn:
                    found[case][variant].append(latencies)
    return found


def created(load: Load, url: str, connections: int, requests: int) -> list[int]:
    """One round of creates at `url`.

    Raises:
        BenchError: one failed.
    """
    options = ("-client", "go", "-expect", "201", "-warmup", str(_WARM_UP), "-each")
    outcome = load.run(url, connections, requests, *options)
    if outcome.failed:
        raise BenchError(f"creates at {url} failed: {outcome.failures}")
    return outcome.each_us


def admitted(requests: int, connections: int) -> int:
    """How many creates such a round makes, with those that do not count."""
    return requests + _WARM_UP * connections


def pooled(rounds: Rounds, percent: float) -> float:
    """That percentile of the creates of all rounds together, in milliseconds."""
    values = sorted(chain.from_iterable(rounds))
    return values[min(int(len(values) * percent / 100), len(values) - 1)] / 1000


def added(mine: Rounds, bare: Rounds, percent: float) -> float:
    """Milliseconds that something adds there: its percentile without that of the bare create."""
    return pooled(mine, percent) - pooled(bare, percent)


def added_ratio(mine: Rounds, other: Rounds, bare: Rounds, percent: float) -> Spread:
    """What one adds over what another does, of all rounds together.

    The spread is that of the same ratio of other rounds that might have been: as many, drawn from these at random.
    So it tells how well the ratio is known, where `ratio_by_round` tells how far apart rounds are.
    """
    triples = list(zip(mine, other, bare, strict=True))
    chance = random.Random(0)  # noqa: S311 - no secret; the same figures give the same spread
    draws = [chance.choices(triples, k=len(triples)) for _ in range(_DRAWS)]
    return around(_added_ratio(triples, percent), [_added_ratio(draw, percent) for draw in draws])


def ratio_by_round(mine: Rounds, other: Rounds, bare: Rounds) -> Spread:
    """What one adds at p50 over what another does, the median of the rounds' ratios."""
    return ratio(_added_in_each(mine, bare), _added_in_each(other, bare))


def columns(bases: Mapping[str, str], points: Sequence[int], varied: str = AT_A_TIME) -> list[str]:
    """The heads of the table of what each variant adds; `bases` are compared with: variant -> short name."""
    ratios = [f"to {short}" for short in bases.values()]
    by_point = ([f"p{point}", *ratios] for point in points)
    return ["ms added", varied, *chain.from_iterable(by_point), f"p50 {ratios[0]}, by round"]


def rows(found: Found[Case], bases: Mapping[str, str], points: Sequence[int]) -> list[list[str]]:
    """The table of what each variant adds; of the bare create, what it takes."""
    return [
        [variant, str(case), *_cells(variant, rounds_of, bases, points)]
        for case, rounds_of in found.items()
        for variant in rounds_of
    ]


def chart(title: str, found: Found[Case], unit: str = f" {AT_A_TIME}") -> Chart:
    """What each variant adds at p50; `unit` follows the name of a case."""
    bare, *others = next(iter(found.values()))
    medians: dict[str, list[float]] = {
        f"{case}{unit}": [added(rounds_of[variant], rounds_of[bare], 50) for variant in others]
        for case, rounds_of in found.items()
    }
    return Chart(title, "ms", others, medians)


def _cells(variant: str, rounds_of: Mapping[str, Rounds], bases: Mapping[str, str], points: Sequence[int]) -> list[str]:
    mine, bare = rounds_of[variant], next(iter(rounds_of.values()))
    if mine is bare:
        return [*chain.from_iterable([f"{pooled(bare, point):.2f}", *[""] * len(bases)] for point in points), ""]
    cells: list[str] = []
    for point in points:
        cells.append(f"{added(mine, bare, point):+.2f}")
        cells += [_ratio_cell(mine, rounds_of[base], bare, point) for base in bases]
    return [*cells, str(ratio_by_round(mine, rounds_of[next(iter(bases))], bare))]


def _ratio_cell(mine: Rounds, other: Rounds, bare: Rounds, percent: float) -> str:
    """A question mark alone where the other one seems to add nothing: there is no ratio to that."""
    return str(added_ratio(mine, other, bare, percent)) if added(other, bare, percent) > 0 else "?"


def _added_ratio(triples: Sequence[tuple[Sequence[int], Sequence[int], Sequence[int]]], percent: float) -> float:
    mine, other, bare = (pooled(rounds, percent) for rounds in zip(*triples, strict=True))
    return (mine - bare) / (other - bare)


def _added_in_each(mine: Rounds, bare: Rounds) -> list[float]:
    return [added([one], [without], 50) for one, without in zip(mine, bare, strict=True)]
