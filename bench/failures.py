"""Is any call lost on idle connections: on either runtime, plain, over TLS and HTTP/2, over 1, 8 and 64 connections?"""

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.load import Load, Outcome
from bench.kit.report import Report
from bench.kit.servers import AS_IT_COMES, FUNC, OURS, Setting

CONNECTIONS = (1, 8, 64)
_NEAR = ("-gap-near", "2s", "-gap-near", "5s")
"""The idle time-outs that gunicorn and Hypercorn come with; other gaps are of 4 to 6 s."""
_WAYS = ("plain", "TLS", "HTTP/2")
_CONTROL = 5_000
"""Calls of a control, at most: it is there to lose some."""

Row = tuple[str, str]
Found = Mapping[Row, Mapping[int, Outcome]]


def run(lab: Lab, *, long: bool) -> Report:
    """Go's HTTP client, as the API server has it, one for each connection; all at once, as most of it is waiting."""
    requests, gaps = (20_000, 110) if long else (2_000, 14)
    ask = partial(_ask, gaps=gaps)
    asked: dict[Row, dict[int, Future[Outcome]]] = {}
    with ExitStack() as stack:
        setting = stack.enter_context(lab.setting(tls=True))
        load = lab.load(corpus.review(24_000), tls=True)
        pool = stack.enter_context(ThreadPoolExecutor(64))
        for way in _WAYS:
            for name, server in stack.enter_context(servers.serving(_names(way), _of(way, setting))).items():
                calls = requests if name in OURS else min(requests, _CONTROL)
                asked[name, way] = {n: pool.submit(ask, load, server.url, way, n, calls) for n in CONNECTIONS}
        found = {row: {n: one.result() for n, one in cells.items()} for row, cells in asked.items()}
    return _report(found)


def _names(way: str) -> list[str]:
    ours = [FUNC] if way == "HTTP/2" else OURS  # uvicorn speaks no HTTP/2
    return [name for one in ours for name in (one, AS_IT_COMES[one])]


def _of(way: str, setting: Setting) -> Setting:
    if way == "plain":
        return replace(setting, certificate=None, key=None)
    return replace(setting, http2=way == "HTTP/2")


def _ask(load: Load, url: str, way: str, connections: int, requests: int, *, gaps: int) -> Outcome:
    burst = math.ceil(requests / connections / (gaps + 1))
    client = "go-h2" if way == "HTTP/2" else "go"
    return load.run(url, connections, requests, "-client", client, "-burst", str(burst), *_NEAR)


def _report(found: Found) -> Report:
    lost = {row: sum(one.failed for one in cells.values()) for row, cells in found.items()}
    gaps = {row: sum(one.rests for one in cells.values()) for row, cells in found.items()}
    labels = {row: f"{row[0]}, {row[1]}" for row in found}
    return Report(
        question=str(__doc__),
        columns=["lost of all", *(f"{n} connections" for n in CONNECTIONS), "gaps in all"],
        rows=[
            [labels[row], *(f"{one.failed} of {one.requests:,}" for one in cells.values()), f"{gaps[row]:,}"]
            for row, cells in found.items()
        ],
        chart=Chart("Lost calls", "calls", list(labels.values()), {"lost": list(lost.values())}),
        figures={
            labels[row]: {str(n): {"gaps": one.rests, "lost": one.failures} for n, one in cells.items()}
            for row, cells in found.items()
        },
        notes=[*_powers(lost, gaps), *_reasons(found)],
        measured={"requests": sum(one.requests for cells in found.values() for one in cells.values())},
    )


def _reasons(found: Found) -> Iterator[str]:
    for (name, way), cells in found.items():
        yield from (f"{name}, {way}: {one.failures}" for one in cells.values() if one.failed and name in OURS)


def _powers(lost: Mapping[Row, int], gaps: Mapping[Row, int]) -> Iterator[str]:
    controls = (row for row in lost if row[0] not in OURS)
    yield from (power(", ".join(row), lost[row], gaps[row]) for row in controls)


def power(control: str, lost: int, gaps: int) -> str:
    """What a control says of the bench: it can see a loss, or it cannot."""
    if lost:
        return f"control {control}: one call in {gaps / lost:,.0f} gaps is lost"
    return f"NO POWER: {control} lost no call in {gaps:,} gaps, so that none lost by ours says nothing"
