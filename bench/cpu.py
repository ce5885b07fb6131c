"""How much CPU time does the webhook's process need for 10,000 reviews?"""

import statistics

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.ratios import ratio
from bench.kit.report import Report
from bench.kit.rounds import rounds

CONNECTIONS = 4


def run(lab: Lab, *, long: bool) -> Report:
    """All servers in turn, reviews of 11, 24 and 120 KB over four connections, plain HTTP."""
    count, requests = (25, 2000) if long else (7, 400)
    seconds: dict[str, dict[int, list[float]]] = {name: {} for name in servers.ALL}
    with lab.setting() as setting, servers.serving(servers.ALL, setting) as running:
        for size in corpus.SIZES:
            load = lab.load(corpus.review(size))
            # As much of a big review as of a small one: what counts is CPU time, not how often.
            share = dict.fromkeys(running, max(60, requests * corpus.SIZES[0] // size))
            for name, turns in rounds(running, load, CONNECTIONS, count, share).items():
                seconds[name][size] = [turn.cpu_microseconds / 100 for turn in turns]
    return _report(seconds, {"rounds": count, "requests, 11 KB": requests})


def _report(seconds: dict[str, dict[int, list[float]]], measured: dict[str, int]) -> Report:
    book = seconds[servers.BOOK]
    return Report(
        question=str(__doc__),
        columns=["", *(f"{size // 1000} KB: {what}" for size in corpus.SIZES for what in ("s", "ratio"))],
        rows=[
            [name, *(cell for size in corpus.SIZES for cell in _cells(by_size[size], book[size]))]
            for name, by_size in seconds.items()
        ],
        chart=Chart(
            "CPU time of 10,000 reviews",
            "s",
            list(servers.ALL),
            {
                f"{size // 1000} KB": [statistics.median(by_size[size]) for by_size in seconds.values()]
                for size in corpus.SIZES
            },
        ),
        figures={name: {str(size): values for size, values in by_size.items()} for name, by_size in seconds.items()},
        measured=measured,
        notes=["ratio: to Go by the book, median and spread of the rounds' ratios; ? where they disagree by over 30 %"],
    )


def _cells(mine: list[float], book: list[float]) -> list[str]:
    return [f"{statistics.median(mine):.2f}", str(ratio(mine, book))]
