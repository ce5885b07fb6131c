"""How does the time inside the function grow with the history, and with the pod?"""

import statistics

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.history import history
from bench.kit.inside import NAMES, OURS, Ours, peer_microseconds
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.servers import Setting

KEYS = (10, 100, 1_000, 10_000)
SIZES = (2_500, 11_000, 24_000, 120_000, 1_000_000)


def run(lab: Lab, *, long: bool) -> Report:
    """Ours over 10 to 10,000 keys (24 KB review), then all over pods up to 1 MB; medians of CPU time."""
    count = 15 if long else 3
    body = corpus.review(24_000)
    keys = {
        number: statistics.median(Ours(history(number)).microseconds(body) for _ in range(count)) for number in KEYS
    }
    with lab.setting() as setting:
        sizes = {size: _at(size, lab, setting, count) for size in SIZES}
    return _report(keys, sizes)


def _at(size: int, lab: Lab, setting: Setting, count: int) -> dict[str, float]:
    body = corpus.bare_review() if size == SIZES[0] else corpus.review(size)
    path = lab.load(body).body
    ours = Ours(history(10))
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(count):
        for name in NAMES[:-1]:
            found[name].append(peer_microseconds(name, setting, path))
        found[OURS].append(ours.microseconds(body))
    return {name: statistics.median(values) for name, values in found.items()}


def _report(keys: dict[int, float], sizes: dict[int, dict[str, float]]) -> Report:
    rows = [[f"{number:,} keys, 24 KB", f"{value:.1f}", *[""] * 3] for number, value in keys.items()]
    order = (OURS, servers.BOOK, servers.JSON, servers.TUNED)
    rows += [[f"10 keys, {size / 1000:,.1f} KB", *(f"{of[name]:,.1f}" for name in order)] for size, of in sizes.items()]
    return Report(
        question=str(__doc__),
        columns=["µs", *order],
        rows=rows,
        chart=Chart(
            "Time inside the function",
            "µs",
            [size / 1000 for size in sizes],
            {name: [of[name] for of in sizes.values()] for name in order},
            "size of the review, KB",
        ),
        figures={"keys": {str(n): v for n, v in keys.items()}, "sizes": {str(n): of for n, of in sizes.items()}},
    )
