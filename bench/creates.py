"""How much longer does the creation of a pod take on a real API server, against Go webhooks and a CEL policy?"""

import statistics

from bench.kit import corpus, servers
from bench.kit.added import CONNECTIONS, Found, admitted, chart, columns, created, interleaved, rows
from bench.kit.cluster import ALL, POLICY, compared
from bench.kit.lab import Lab
from bench.kit.report import Report

_BASES = {servers.BOOK: "Go", POLICY: "CEL"}
_POINTS = (50, 99)

Used = dict[str, dict[int, list[float]]]
"""Webhook -> connections -> seconds of CPU time for a create, of each round."""


def run(lab: Lab, *, long: bool) -> Report:
    """All variants in turn, webhooks over TLS, a 24 KB pod, one at a time and eight at a time."""
    count, requests = (40, 80) if long else (9, 40)
    with compared(lab) as cluster:
        load = cluster.load(corpus.pod(24_000))

        used: Used = {variant: {number: [] for number in CONNECTIONS} for variant in servers.ALL}

        def create(variant: str, number: int) -> list[int]:
            before = cluster.cpu_seconds(variant)
            latencies = created(load, cluster.url(variant), number, requests)
            if variant in used:
                used[variant][number].append((cluster.cpu_seconds(variant) - before) / admitted(requests, number))
            return latencies

        found = interleaved(ALL, CONNECTIONS, count, create)
    return _report(found, used, {"rounds": count, "requests": requests})


def _cpu(used: Used) -> str:
    """What the webhooks' own processes used for a create: a part of what they add, and all that they can save."""
    medians = (
        f"{variant} {' and '.join(f'{statistics.median(rounds) * 1e3:.2f}' for rounds in by_number.values())}"
        for variant, by_number in used.items()
    )
    return f"ms of the webhook's CPU time in a create, one and eight at a time: {'; '.join(medians)}"


def _report(found: Found[int], used: Used, measured: dict[str, int]) -> Report:
    return Report(
        question=str(__doc__),
        columns=columns(_BASES, _POINTS),
        rows=rows(found, _BASES, _POINTS),
        chart=chart("Added to the creation of a pod (p50)", found),
        figures={
            "latencies": {str(number): rounds_of for number, rounds_of in found.items()},
            "cpu seconds": {variant: {str(n): rounds for n, rounds in each.items()} for variant, each in used.items()},
        },
        measured=measured,
        notes=[
            "the first row is the time itself, without a webhook; creates by dry run, which does all but store the pod",
            "to …: of all rounds together; its spread is that of rounds drawn from these again at random",
            "by round: the median of the rounds' ratios, and their own spread; ? where either is above 30 %",
            _cpu(used),
            "API server and etcd run on both cores; webhooks are pinned to one, the load generator to the other",
        ],
    )
