"""How much longer does a create take through all of Knative, against none and against a Go webhook served there too?"""

import os
import shlex
import statistics

from bench.kit import corpus
from bench.kit.added import added, added_ratio, pooled
from bench.kit.charts import Chart
from bench.kit.knative import ALL, GO, NONE, Served, image_of, served
from bench.kit.lab import Lab
from bench.kit.load import Load
from bench.kit.report import Report
from tests.e2e.cluster import Cluster
from tests.e2e.settings import settings_from

CONNECTIONS = (1, 8)
POINTS = (50, 90, 99)
Found = dict[int, dict[str, list[list[float]]]]
"""Connections -> variant -> round -> percentiles 0 to 100, in microseconds."""


def run(lab: Lab, *, long: bool) -> Report:
    """API server, gateway, queue-proxy, function and back: a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (12, 40)
    found: Found = {number: {variant: [] for variant in ALL} for number in CONNECTIONS}
    program = os.environ["LAB"]
    cluster = Cluster(settings_from(os.environ))
    image = image_of(lab.peers / "bybook", program)
    with served(lab, cluster, (*shlex.split(program), "exec"), image) as knative:
        load = knative.load(corpus.pod(24_000))
        for turn in range(count + 1):
            for number in CONNECTIONS:
                for variant in ALL:
                    percentiles = _create(knative, load, variant, number, requests)
                    if turn:  # the first warms up
                        found[number][variant].append(percentiles)
    return _report(found)


def _create(knative: Served, load: Load, variant: str, connections: int, requests: int) -> list[float]:
    outcome = load.run(knative.url(variant), connections, requests, "-client", "go", "-expect", "201")
    assert not outcome.failed, f"{variant}: {outcome.failures}"
    return outcome.percentiles_us


def _report(found: Found) -> Report:
    return Report(
        question=str(__doc__),
        columns=["ms added", *(f"{n}: {what}" for n in found for what in ("p50", "p90", "p99", "to Go"))],
        rows=[[variant, *(cell for of in found.values() for cell in _cells(variant, of))] for variant in ALL],
        chart=Chart(
            "Added to the creation of a pod through Knative (p50)",
            "ms",
            list(ALL[1:]),
            {
                f"{n} at a time": [statistics.median(added(of[it], of[NONE])) for it in ALL[1:]]
                for n, of in found.items()
            },
        ),
        figures={str(n): of for n, of in found.items()},
        notes=[
            "1, 8: at a time; the first row is the time itself, without a webhook",
            "both as Knative Services with the same replicas and resources; creates by dry run, HTTPS to the gateway",
            "all of the cluster runs on these cores",
        ],
    )


def _cells(variant: str, of: dict[str, list[list[float]]]) -> list[str]:
    bare, mine = of[NONE], of[variant]
    if variant == NONE:
        return [*(f"{pooled(bare, point):.2f}" for point in POINTS), ""]
    more = (f"{pooled(mine, point) - pooled(bare, point):+.2f}" for point in POINTS)
    return [*more, str(added_ratio(mine, of[GO], bare))]
