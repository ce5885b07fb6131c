"""How does what a webhook or a policy adds to the creation of a pod grow with the pod, and with the history?"""

from collections.abc import Mapping

from bench.kit import corpus, servers
from bench.kit.added import Found, chart, columns, created, interleaved, rows
from bench.kit.cluster import NONE, POLICY, Compared, compared
from bench.kit.lab import Lab
from bench.kit.report import Report

KEYS = (10, 10_000)
"""Keys in the history."""
VARIANTS = (NONE, POLICY, servers.BOOK, servers.TUNED, *servers.OURS)
_BASES = {servers.BOOK: "Go", POLICY: "CEL"}


def run(lab: Lab, *, long: bool) -> Report:
    """Pods of 11, 24 and 120 KB with a short history and a long one, one create at a time, webhooks over TLS."""
    count, requests = (12, 40) if long else (5, 20)
    found: Found[str] = {}
    for keys in KEYS:
        pods = {f"{size // 1000} KB, {keys:,} keys": corpus.pod(size) for size in corpus.SIZES}
        with compared(lab, keys) as cluster:
            found |= _grown(cluster, pods, count, requests)
    return _report(found, {"rounds": count, "requests": requests})


def _grown(cluster: Compared, pods: Mapping[str, corpus.Json], count: int, requests: int) -> Found[str]:
    loads = {case: cluster.load(pod) for case, pod in pods.items()}
    return interleaved(
        VARIANTS, list(loads), count, lambda variant, case: created(loads[case], cluster.url(variant), 1, requests)
    )


def _report(found: Found[str], measured: dict[str, int]) -> Report:
    return Report(
        question=str(__doc__),
        columns=columns(_BASES, (50,), "pod, history"),
        rows=rows(found, _BASES, (50,)),
        chart=chart("Added to the creation of a pod (p50)", found, unit=""),
        figures=found,
        measured=measured,
        notes=[
            "the first row of each is the time itself, without a webhook; creates by dry run",
            "to …: of all rounds together; its spread is that of rounds drawn from these again at random",
            "one at a time; API server and etcd run on both cores, webhooks on one, the load generator on the other",
        ],
    )
