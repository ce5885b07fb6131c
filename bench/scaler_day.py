"""Does the scaler's memory stay flat over a day's traffic, sent as fast as it goes?"""

import asyncio
from collections.abc import Sequence

from bench.kit import scaler_day
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.scaler_day import JOBS, QUERIES, SCALED_OBJECTS
from bench.kit.scaler_world import gitlab, scaler


def run(lab: Lab, *, long: bool) -> Report:
    """The first hours of such a day, or all of it: 50 ScaledObjects on 5 queries, and new ones again and again."""
    hours = 24 if long else 2
    # Polled as often as fits: an hour ends when its polls were made, however fast its calls were.
    # What nobody asks about is forgotten after a quarter of an hour, of which some seconds are left here.
    settings = {"POLL_INTERVAL": "50ms", "IDLE": "10s"}
    with gitlab(QUERIES, JOBS) as (fake, url, _), scaler(lab, fake, url, 100_000, **settings) as one:
        memory = asyncio.run(scaler_day.sent(one, fake, url, hours))
        return _report(memory, scaler_day.polls(fake), one.cpu_seconds())


def _report(memory: Sequence[float], polls: int, cpu: float) -> Report:
    """Of the memory at the start and after each hour."""
    return Report(
        question=str(__doc__),
        columns=["after hours", "memory, MiB", "more than at the start"],
        rows=[[f"{hour}", f"{held:.1f}", f"{held - memory[0]:+.1f}"] for hour, held in enumerate(memory)],
        chart=Chart(
            "Memory of the scaler", "MiB", [str(hour) for hour in range(len(memory))], {"memory": memory}, "after hours"
        ),
        figures={"memory_mib": memory, "polls": polls, "cpu_seconds": cpu},
        notes=[f"{polls:,} polls of {JOBS} jobs; {cpu:.0f} s of CPU time"],
        measured={"hours": len(memory) - 1, "scaled_objects": SCALED_OBJECTS, "queries": QUERIES, "jobs": JOBS},
    )
