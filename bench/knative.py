"""How much longer does a create take through all of Knative, against none and against a Go webhook served there too?"""

import os
import shlex

from bench.kit import corpus
from bench.kit.added import Found, added_ratio, chart, created, interleaved, pooled
from bench.kit.knative import ALL, GO, NONE, image_of, served
from bench.kit.lab import Lab
from bench.kit.report import Report
from tests.e2e.cluster import Cluster
from tests.e2e.settings import settings_from

POINTS = (50, 90, 99)


def run(lab: Lab, *, long: bool) -> Report:
    """API server, gateway, queue-proxy, function and back: a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (12, 40)
    program = os.environ["LAB"]
    cluster = Cluster(settings_from(os.environ))
    image = image_of(lab.peers / "bybook", program)
    with served(lab, cluster, (*shlex.split(program), "exec"), image) as knative:
        load = knative.load(corpus.pod(24_000))
        found = interleaved(ALL, count, lambda variant, number: created(load, knative.url(variant), number, requests))
    return _report(found)


def _report(found: Found) -> Report:
    return Report(
        question=str(__doc__),
        columns=["ms added", *(f"{n}: {what}" for n in found for what in ("p50", "p90", "p99", "to Go"))],
        rows=[[variant, *(cell for of in found.values() for cell in _cells(variant, of))] for variant in ALL],
        chart=chart("Added to the creation of a pod through Knative (p50)", found, ALL),
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
