"""How much memory does a server hold, with 10 and with 10,000 keys, at its start and after many reviews?"""

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.rounds import rounds

NAMES = (servers.BOOK, *servers.OURS)
Found = dict[str, tuple[float, float]]


def run(lab: Lab, *, long: bool) -> Report:
    """After the first patch, and after 10,000 (long: 100,000) reviews over 16 connections; the API client included."""
    requests = 100_000 if long else 10_000
    load = lab.load(corpus.review(24_000))
    found: Found = {}
    for keys in (10, 10_000):
        with lab.setting(keys) as setting, servers.serving(NAMES, setting) as running:
            rounds(running, load, 1, 1, dict.fromkeys(NAMES, 10))
            before = {name: server.megabytes for name, server in running.items()}
            rounds(running, load, 16, 1, dict.fromkeys(NAMES, requests))
            found |= {f"{name}, {keys:,} keys": (before[name], running[name].megabytes) for name in NAMES}
    return _report(found, requests)


def _report(found: Found, requests: int) -> Report:
    after = f"after {requests:,} reviews"
    return Report(
        question=str(__doc__),
        columns=["MB", "at its start", after],
        rows=[[name, *(f"{value:.1f}" for value in values)] for name, values in found.items()],
        chart=Chart(
            "Memory (all processes of the server; shared pages once)",
            "MB",
            list(found),
            {"at its start": [one for one, _ in found.values()], after: [one for _, one in found.values()]},
        ),
        figures={name: {"start": one, "after": other} for name, (one, other) in found.items()},
    )
