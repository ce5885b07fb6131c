"""How many bindings a second do the informer and record take, against the scheduler's own rate?"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.loop import KEYS, Loop, Part, looped, rate, seconds_until
from bench.kit.ratios import ratio, row
from bench.kit.report import Report

_AT_ONCE = 5
"""What part of a backlog is created while all parts run."""


@dataclass(frozen=True)
class Round:
    """Bindings a second of scheduler, and of informer and record; CPU ms of a binding; s behind the last creation."""

    scheduler: float
    delivered: float
    record: float
    informer: float
    behind: float


def run(lab: Lab, *, long: bool) -> Report:
    """In turn: the scheduler binds a backlog alone, then the informer brings all of it to record, one core each."""
    count = 10_000 if long else 2_000
    with looped(lab) as loop, loop.record() as record:
        found = [_round(loop, record, count) for _ in range(3)]
    return _report(count, found)


def _round(loop: Loop, record: Part, count: int) -> Round:
    loop.clear()
    loop.plane.scheduler.kill()
    loop.create(count)
    loop.plane.scheduler.launch()
    scheduler = rate(loop.scheduled, count)
    before, used = record.recorded(), record.cpu_seconds
    with loop.informer(record.url) as informer:
        delivered = rate(lambda: record.recorded() - before, count)
        cpu = ((record.cpu_seconds - used) / count * 1e3, informer.cpu_seconds / count * 1e3)
        more = count // _AT_ONCE // KEYS * KEYS or KEYS
        loop.create(more)
        behind = seconds_until(lambda: record.recorded() - before >= count + more)
    return Round(scheduler, delivered, *cpu, behind)


def _report(count: int, found: Sequence[Round]) -> Report:
    delivered, scheduler = [one.delivered for one in found], [one.scheduler for one in found]
    return Report(
        question=str(__doc__),
        columns=[f"{count:,} bindings of {KEYS} keys", "figure", "least", "most"],
        rows=[
            row("scheduler alone, bindings a second", scheduler, ",.0f"),
            row("informer and record, bindings a second (a backlog)", delivered, ",.0f"),
            ["of the scheduler's rate, round by round", str(ratio(delivered, scheduler)), "", ""],
            row("CPU of record for a binding, ms", [one.record for one in found], ".2f"),
            row("CPU of the informer for a binding (its start included), ms", [one.informer for one in found], ".2f"),
            row("all at once: behind the last creation, s", [one.behind for one in found], ".1f"),
        ],
        chart=Chart(
            "Bindings per second",
            "1/s",
            ["scheduler alone", "informer and record"],
            {"a backlog": [statistics.median(scheduler), statistics.median(delivered)]},
        ),
        figures={"rounds": [asdict(one) for one in found]},
        notes=["API server and etcd use both cores beside all of them; the scheduler's client is not throttled"],
        measured={"rounds": len(found), "bindings": count, "keys": KEYS},
    )
