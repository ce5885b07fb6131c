"""How much longer does the creation of a pod take on a real API server, against Go webhooks and a CEL policy?"""

from bench.kit import corpus, servers
from bench.kit.added import CONNECTIONS, Found, chart, columns, created, interleaved, rows
from bench.kit.cluster import ALL, POLICY, compared
from bench.kit.lab import Lab
from bench.kit.report import Report

_BASES = {servers.BOOK: "Go", POLICY: "CEL"}
_POINTS = (50, 99)


def run(lab: Lab, *, long: bool) -> Report:
    """All variants in turn, webhooks over TLS, a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (9, 40)
    with compared(lab) as cluster:
        load = cluster.load(corpus.pod(24_000))

        found = interleaved(
            ALL, CONNECTIONS, count, lambda variant, number: created(load, cluster.url(variant), number, requests)
        )
    return _report(found, {"rounds": count, "requests": requests})


def _report(found: Found[int], measured: dict[str, int]) -> Report:
    return Report(
        question=str(__doc__),
        columns=columns(_BASES, _POINTS),
        rows=rows(found, _BASES, _POINTS),
        chart=chart("Added to the creation of a pod (p50)", found),
        figures={str(number): rounds_of for number, rounds_of in found.items()},
        measured=measured,
        notes=[
            "the first row is the time itself, without a webhook; creates by dry run, which does all but store the pod",
            "to …: of all rounds together; its spread is that of rounds drawn from these again at random",
            "by round: the median of the rounds' ratios, and their own spread; ? where either is above 30 %",
            "API server and etcd run on both cores; webhooks are pinned to one, the load generator to the other",
        ],
    )
