"""How long is a review inside the function, without HTTP?"""

import json
import statistics

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.inside import NAMES, Ours, interleaved
from bench.kit.lab import Lab
from bench.kit.ratios import ratio
from bench.kit.report import Report

Found = dict[int, dict[str, list[float]]]


def run(lab: Lab, *, long: bool) -> Report:
    """Ours and the Go peers in turn, reviews of 11, 24 and 120 KB, ten keys; CPU time."""
    count = 25 if long else 7
    with lab.setting() as setting:
        ours = Ours(json.loads(setting.history.read_text()))
        found = {size: interleaved(lab.load(corpus.review(size)).body, ours, setting, count) for size in corpus.SIZES}
    return _report(found, count)


def _report(found: Found, count: int) -> Report:
    return Report(
        question=str(__doc__),
        columns=["", *(f"{size // 1000} KB: {what}" for size in found for what in ("µs", "least", "ratio"))],
        rows=[[name, *(cell for by_name in found.values() for cell in _cells(name, by_name))] for name in NAMES],
        chart=Chart(
            "CPU time inside the function",
            "µs",
            list(NAMES),
            {
                f"{size // 1000} KB": [statistics.median(by_name[name]) for name in NAMES]
                for size, by_name in found.items()
            },
        ),
        figures={str(size): by_name for size, by_name in found.items()},
        measured={"rounds": count},
        notes=["ratio: to Go by the book, median and spread of the rounds' ratios; ? where they disagree by over 30 %"],
    )


def _cells(name: str, by_name: dict[str, list[float]]) -> list[str]:
    values = by_name[name]
    return [f"{statistics.median(values):.1f}", f"{min(values):.1f}", str(ratio(values, by_name[servers.BOOK]))]
