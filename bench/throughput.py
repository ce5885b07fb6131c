"""How many reviews a second does one process on one core answer, over 1 and over 16 connections?"""

import statistics

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.ratios import ratio
from bench.kit.report import Report
from bench.kit.rounds import Round, rounds

CONNECTIONS = (1, 16)
_HEADS = ("1/s", "ratio", "by CPU", "client")
_SLOW = {servers.BOOK, servers.JSON, servers.FUNC}


def run(lab: Lab, *, long: bool) -> Report:
    """All servers in turn, a 24 KB review, plain HTTP; the client on the other core."""
    count, requests = (15, 6000) if long else (5, 1500)
    load = lab.load(corpus.review(24_000))
    share = {name: requests // 3 if name in _SLOW else requests for name in servers.ALL}
    with lab.setting() as setting, servers.serving(servers.ALL, setting) as running:
        found = {number: rounds(running, load, number, count, share) for number in CONNECTIONS}
    return _report(found, {"rounds": count, **{f"requests, {name}": number for name, number in share.items()}})


def _report(found: dict[int, dict[str, list[Round]]], measured: dict[str, int]) -> Report:
    rates = {
        number: {name: [turn.outcome.rate for turn in turns] for name, turns in by_name.items()}
        for number, by_name in found.items()
    }
    rows = [
        [name, *(cell for number in found for cell in _cells(rates[number], found[number], name))]
        for name in servers.ALL
    ]
    return Report(
        question=str(__doc__),
        columns=["connections:", *(f"{number}: {what}" for number in found for what in _HEADS)],
        rows=rows,
        chart=Chart(
            "Reviews per second on one core",
            "1/s",
            list(servers.ALL),
            {
                f"{number} connections": [statistics.median(by_name[name]) for name in servers.ALL]
                for number, by_name in rates.items()
            },
        ),
        figures={str(number): {"rates": rates[number], "cpu_microseconds": _cpu(found[number])} for number in found},
        measured=measured,
        notes=[
            "ratio: to Go by the book, median and spread of the rounds' ratios; ? where they disagree by over 30 %",
            "by CPU: the same ratio of reviews per second of the server's CPU time: what a core of its own would give",
            "client: CPU share of the load generator on its own core; near 100 % it would be what is measured",
        ],
    )


def _cells(rates: dict[str, list[float]], found: dict[str, list[Round]], name: str) -> list[str]:
    busy = statistics.median(turn.outcome.cpu_seconds / turn.outcome.seconds for turn in found[name])
    cpu = _cpu(found)
    ratios = (ratio(rates[name], rates[servers.BOOK]), ratio(cpu[servers.BOOK], cpu[name]))
    return [f"{statistics.median(rates[name]):,.0f}", *map(str, ratios), f"{busy:.0%}"]


def _cpu(found: dict[str, list[Round]]) -> dict[str, list[float]]:
    return {name: [turn.cpu_microseconds for turn in turns] for name, turns in found.items()}
