"""How does the time inside the function grow with the history, and with the pod?"""

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.history import history
from bench.kit.inside import OURS, Ours, interleaved
from bench.kit.lab import Lab
from bench.kit.ratios import ratio, spread
from bench.kit.report import Report
from bench.kit.servers import Setting

KEYS = (10, 100, 1_000, 10_000)
SIZES = (2_500, 11_000, 24_000, 120_000, 1_000_000)


def run(lab: Lab, *, long: bool) -> Report:
    """Ours over 10 to 10,000 keys (24 KB review), then all over pods up to 1 MB; CPU time."""
    count = 15 if long else 5
    keys = _by_keys(corpus.review(24_000), count)
    with lab.setting() as setting:
        sizes = {size: _at(size, lab, setting, count) for size in SIZES}
    return _report(keys, sizes, count)


def _by_keys(body: bytes, count: int) -> dict[int, list[float]]:
    functions = {number: Ours(history(number)) for number in KEYS}
    found: dict[int, list[float]] = {number: [] for number in KEYS}
    for _ in range(count):
        for number, ours in functions.items():
            found[number].append(ours.microseconds(body))
    return found


def _at(size: int, lab: Lab, setting: Setting, count: int) -> dict[str, list[float]]:
    body = corpus.bare_review() if size == SIZES[0] else corpus.review(size)
    return interleaved(lab.load(body).body, Ours(history(10)), setting, count)


def _report(keys: dict[int, list[float]], sizes: dict[int, dict[str, list[float]]], count: int) -> Report:
    names = (OURS, servers.BOOK, servers.JSON, servers.TUNED)
    rows = [[f"{number:,} keys, 24 KB", _cell(values), *[""] * 4] for number, values in keys.items()]
    rows += [
        [f"10 keys, {size / 1000:,.1f} KB", *(_cell(found[name]) for name in names), _against_book(found)]
        for size, found in sizes.items()
    ]
    return Report(
        question=str(__doc__),
        columns=["µs", *names, "ratio"],
        rows=rows,
        chart=Chart(
            "Time inside the function",
            "µs",
            [size / 1000 for size in sizes],
            {name: [spread(found[name]).value for found in sizes.values()] for name in names},
            "size of the review, KB",
        ),
        figures={
            "keys": {str(number): values for number, values in keys.items()},
            "sizes": {str(size): found for size, found in sizes.items()},
        },
        measured={"rounds": count},
        notes=[
            "median of the rounds, ± half of the spread of their middle eight tenths; ratio: ours to Go by the book"
        ],
    )


def _cell(values: list[float]) -> str:
    return spread(values).text(",.1f")


def _against_book(found: dict[str, list[float]]) -> str:
    return str(ratio(found[OURS], found[servers.BOOK]))
