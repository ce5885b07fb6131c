"""How much longer does a create take through all of Knative, against none and against a Go webhook served there too?"""

import os
import shlex

from bench.kit import corpus
from bench.kit.added import CONNECTIONS, Found, chart, columns, created, interleaved, rows
from bench.kit.knative import ALL, GO, image_of, served
from bench.kit.lab import Lab
from bench.kit.report import Report
from tests.e2e.cluster import Cluster
from tests.e2e.settings import settings_from

_BASES = {GO: "Go"}
_POINTS = (50, 90, 99)


def run(lab: Lab, *, long: bool) -> Report:
    """API server, gateway, queue-proxy, function and back: a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (12, 40)
    program = os.environ["LAB"]
    cluster = Cluster(settings_from(os.environ))
    image = image_of(lab.peers / "bybook", program)
    with served(lab, cluster, (*shlex.split(program), "exec"), image) as knative:
        load = knative.load(corpus.pod(24_000))
        found = interleaved(
            ALL, CONNECTIONS, count, lambda variant, number: created(load, knative.url(variant), number, requests)
        )
    return _report(found, {"rounds": count, "requests": requests})


def _report(found: Found[int], measured: dict[str, int]) -> Report:
    return Report(
        question=str(__doc__),
        columns=columns(_BASES, _POINTS),
        rows=rows(found, _BASES, _POINTS),
        chart=chart("Added to the creation of a pod through Knative (p50)", found),
        figures={str(number): rounds_of for number, rounds_of in found.items()},
        measured=measured,
        notes=[
            "the first row is the time itself, without a webhook",
            "to …: of all rounds together; its spread is that of rounds drawn from these again at random",
            "by round: the median of the rounds' ratios, and their own spread; ? where either is above 30 %",
            "both as Knative Services with the same replicas and resources; creates by dry run, HTTPS to the gateway",
            "all of the cluster runs on these cores, and counts as other work",
        ],
    )
