"""How much longer does the creation of a pod take on a real API server, against Go webhooks and a CEL policy?"""

import statistics

from bench.kit import corpus, servers
from bench.kit.added import Found, added, added_ratio, chart, created, interleaved, pooled
from bench.kit.cluster import ALL, NONE, POLICY, compared
from bench.kit.lab import Lab
from bench.kit.report import Report


def run(lab: Lab, *, long: bool) -> Report:
    """All variants in turn, webhooks over TLS, a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (9, 40)
    with compared(lab) as cluster:
        load = cluster.load(corpus.pod(24_000))

        def create(variant: str, connections: int) -> list[float]:
            percentiles = created(load, cluster.url(variant), connections, requests)
            cluster.clear(variant)
            return percentiles

        found = interleaved(ALL, count, create)
    return _report(found)


def _report(found: Found) -> Report:
    return Report(
        question=str(__doc__),
        columns=[
            "ms added",
            *(f"{n}: {what}" for n in found for what in ("p50", "p99", "to Go", "to CEL")),
        ],
        rows=[[variant, *(cell for of in found.values() for cell in _cells(variant, of))] for variant in ALL],
        chart=chart("Added to the creation of a pod (p50)", found, ALL),
        figures={str(n): of for n, of in found.items()},
        notes=[
            "1, 8: at a time; the first row is the time itself, without a webhook",
            "to Go, to CEL: added p50, over that of Go by the book and of the policy; ? where the rounds leave it open",
        ],
    )


def _cells(variant: str, of: dict[str, list[list[float]]]) -> list[str]:
    bare, mine = of[NONE], of[variant]
    if variant == NONE:
        return [f"{pooled(bare, 50):.2f}", f"{pooled(bare, 99):.2f}", "", ""]
    compared_to = [str(added_ratio(mine, of[other], bare)) for other in (servers.BOOK, POLICY)]
    p50, p99 = statistics.median(added(mine, bare)), pooled(mine, 99) - pooled(bare, 99)
    return [f"{p50:+.2f}", f"{p99:+.2f}", *compared_to]
