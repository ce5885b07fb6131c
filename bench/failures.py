"""Is any call lost on idle connections: on either runtime, plain and over TLS, over 1, 8 and 64 connections?"""

from concurrent.futures import ThreadPoolExecutor

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.load import Load, Outcome
from bench.kit.report import Report
from bench.kit.servers import Server

CONNECTIONS = (1, 8, 64)
_GAPS = 3
"""Idle gaps of a connection in a run, of 4 to 6 s: around the time-outs that servers come with (5 s)."""

Key = tuple[str, str, int]


def run(lab: Lab, *, long: bool) -> Report:
    """Go's HTTP client, as the API server has it, in bursts with rests between; all three numbers at once."""
    requests = 20_000 if long else 2_000
    found: dict[Key, Outcome] = {}
    for how in ("plain", "TLS"):
        tls = how == "TLS"
        with lab.setting(tls=tls) as setting, servers.serving(servers.OURS, setting) as running:
            load = lab.load(corpus.review(24_000), tls=tls)
            for name, server in running.items():
                found |= {(name, how, number): one for number, one in _all_at_once(server, load, requests)}
    return _report(found)


def _all_at_once(server: Server, load: Load, requests: int) -> list[tuple[int, Outcome]]:
    def one(connections: int) -> tuple[int, Outcome]:
        burst = max(1, requests // connections // (_GAPS + 1))
        return connections, load.run(server.url, connections, requests, "-client", "go", "-burst", str(burst))

    with ThreadPoolExecutor(len(CONNECTIONS)) as pool:
        return list(pool.map(one, CONNECTIONS))


def _report(found: dict[Key, Outcome]) -> Report:
    names = sorted({(name, how) for name, how, _ in found})
    reasons = [f"{name}, {how}, {n} connections: {one.failures}" for (name, how, n), one in found.items() if one.failed]
    return Report(
        question=str(__doc__),
        columns=["lost of all", *(f"{n} connections" for n in CONNECTIONS)],
        rows=[
            [
                f"{name}, {how}",
                *(f"{found[name, how, n].failed} of {found[name, how, n].requests:,}" for n in CONNECTIONS),
            ]
            for name, how in names
        ],
        chart=Chart(
            "Lost calls",
            "calls",
            [f"{name}, {how}" for name, how in names],
            {f"{n} connections": [found[name, how, n].failed for name, how in names] for n in CONNECTIONS},
        ),
        figures={f"{name}, {how}, {n}": one.failures for (name, how, n), one in found.items()},
        notes=reasons,
    )
