"""How much longer does the creation of a pod take on a real API server, against Go webhooks and a CEL policy?"""

import statistics
from collections.abc import Sequence

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.cluster import ALL, NONE, POLICY, Compared, compared
from bench.kit.lab import Lab
from bench.kit.load import Load
from bench.kit.ratios import Ratio, ratio_of_medians
from bench.kit.report import Report

CONNECTIONS = (1, 8)
Found = dict[int, dict[str, list[list[float]]]]
"""Connections -> variant -> round -> percentiles 0 to 100, in microseconds."""


def run(lab: Lab, *, long: bool) -> Report:
    """All variants in turn, webhooks over TLS, a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (9, 40)
    found: Found = {number: {variant: [] for variant in ALL} for number in CONNECTIONS}
    with compared(lab) as cluster:
        load = cluster.load(corpus.pod(24_000))
        for turn in range(count + 1):
            for number in CONNECTIONS:
                for variant in ALL:
                    percentiles = _create(cluster, load, variant, number, requests)
                    if turn:  # the first warms up
                        found[number][variant].append(percentiles)
    return _report(found)


def _create(cluster: Compared, load: Load, variant: str, connections: int, requests: int) -> list[float]:
    outcome = load.run(cluster.url(variant), connections, requests, "-client", "go", "-expect", "201")
    assert not outcome.failed, f"{variant}: {outcome.failures}"
    cluster.clear(variant)
    return outcome.percentiles_us


def _report(found: Found) -> Report:
    return Report(
        question=str(__doc__),
        columns=[
            "ms added",
            *(f"{n}: {what}" for n in found for what in ("p50", "p99", "to Go", "to CEL")),
        ],
        rows=[[variant, *(cell for of in found.values() for cell in _cells(variant, of))] for variant in ALL],
        chart=Chart(
            "Added to the creation of a pod (p50)",
            "ms",
            list(ALL[1:]),
            {
                f"{n} at a time": [statistics.median(_added(of, variant)) for variant in ALL[1:]]
                for n, of in found.items()
            },
        ),
        figures={str(n): of for n, of in found.items()},
        notes=[
            "1, 8: at a time; the first row is the time itself, without a webhook",
            "to Go, to CEL: added p50, over that of Go by the book and of the policy; ? where the rounds leave it open",
        ],
    )


def _cells(variant: str, of: dict[str, list[list[float]]]) -> list[str]:
    bare = _pooled(of[NONE])
    mine = _pooled(of[variant])
    if variant == NONE:
        return [f"{bare[0]:.2f}", f"{bare[1]:.2f}", "", ""]
    compared_to = [str(_ratio(of, variant, other)) for other in (servers.BOOK, POLICY)]
    return [f"{statistics.median(_added(of, variant)):+.2f}", f"{mine[1] - bare[1]:+.2f}", *compared_to]


def _added(of: dict[str, list[list[float]]], variant: str) -> list[float]:
    """Milliseconds that the variant adds at p50, of each round."""
    return [(mine[50] - bare[50]) / 1000 for mine, bare in zip(of[variant], of[NONE], strict=True)]


def _ratio(of: dict[str, list[list[float]]], variant: str, other: str) -> Ratio:
    return ratio_of_medians(_added(of, variant), _added(of, other))


def _pooled(rounds: Sequence[Sequence[float]]) -> tuple[float, float]:
    """p50 and p99 of all rounds together, in milliseconds; each gives as many values as it has percentiles."""
    values = sorted(value for percentiles in rounds for value in percentiles[:101])
    return values[len(values) // 2] / 1000, values[int(len(values) * 0.99)] / 1000
