"""How much memory does a server hold, with 10 and with 10,000 keys, at its start and after many reviews?"""

from collections.abc import Iterator

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.load import Load
from bench.kit.ratios import spread
from bench.kit.report import Report
from bench.kit.rounds import rounds
from bench.kit.servers import Setting

NAMES = (servers.BOOK, *servers.OURS)
_STARTS = 3
Found = dict[str, list[tuple[float, float]]]


def run(lab: Lab, *, long: bool) -> Report:
    """After the first patch, and after many reviews over 16 connections, anew each time; the API client included."""
    requests = 30_000 if long else 3_000
    load = lab.load(corpus.review(24_000))
    found: Found = {}
    for keys in (10, 10_000):
        with lab.setting(keys) as setting:
            for _ in range(_STARTS):
                for name, held in _held(setting, load, requests):
                    found.setdefault(f"{name}, {keys:,} keys", []).append(held)
    return _report(found, requests)


def _held(setting: Setting, load: Load, requests: int) -> Iterator[tuple[str, tuple[float, float]]]:
    with servers.serving(NAMES, setting) as running:
        rounds(running, load, 1, 1, dict.fromkeys(NAMES, 10))
        before = {name: server.megabytes for name, server in running.items()}
        rounds(running, load, 16, 1, dict.fromkeys(NAMES, requests))
        yield from ((name, (before[name], running[name].megabytes)) for name in NAMES)


def _report(found: Found, requests: int) -> Report:
    ends = ("at its start", f"after {requests:,} reviews")
    held = {name: list(zip(*starts, strict=True)) for name, starts in found.items()}
    return Report(
        question=str(__doc__),
        columns=["MB", *ends],
        rows=[[name, *(spread(values).text(".1f") for values in both)] for name, both in held.items()],
        chart=Chart(
            "Memory (all processes of the server; shared pages once)",
            "MB",
            list(found),
            {end: [spread(both[place]).value for both in held.values()] for place, end in enumerate(ends)},
        ),
        figures={name: {"start": list(start), "after": list(after)} for name, (start, after) in held.items()},
        measured={"starts": _STARTS, "requests": requests},
    )
