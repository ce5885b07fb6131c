"""How many bindings a second do the informer and record take, against the scheduler's own rate?"""

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.loop import looped, seconds_until
from bench.kit.report import Report


def run(lab: Lab, *, long: bool) -> Report:
    """The scheduler binds a backlog alone; then the informer brings all of it to record, one core each."""
    count = 10_000 if long else 1_500
    with looped(lab) as loop:
        loop.plane.scheduler.kill()
        loop.create(count)
        loop.plane.scheduler.launch()
        seconds_until(loop.bound)  # its start does not count
        scheduler = count / seconds_until(lambda: not loop.unbound())
        with loop.record() as record, loop.informer(record.url) as informer:
            delivered = count / seconds_until(lambda: record.recorded() >= count)
            cpu = {"record": record.cpu_seconds / count, "informer": informer.cpu_seconds / count}
            loop.create(count)
            lag = seconds_until(lambda: not loop.unbound() and record.recorded() >= 2 * count)
    return _report(count, scheduler, delivered, cpu, lag)


def _report(count: int, scheduler: float, delivered: float, cpu: dict[str, float], lag: float) -> Report:
    return Report(
        question=str(__doc__),
        columns=[f"{count:,} bindings", "figure"],
        rows=[
            ["scheduler alone, bindings a second", f"{scheduler:,.0f}"],
            ["informer and record, bindings a second (a backlog)", f"{delivered:,.0f}"],
            ["of the scheduler's rate", f"{delivered / scheduler:.2f}"],
            *([f"CPU of {part} for a binding (its start included), ms", f"{of * 1e3:.2f}"] for part, of in cpu.items()),
            ["all at once: behind the last creation, s", f"{lag:.1f}"],
        ],
        chart=Chart(
            "Bindings per second",
            "1/s",
            ["scheduler alone", "informer and record"],
            {"a backlog": [scheduler, delivered]},
        ),
        figures={
            "count": count,
            "scheduler": scheduler,
            "delivered": delivered,
            "cpu_seconds": cpu,
            "lag_seconds": lag,
        },
        notes=["API server and etcd use both cores beside all of them"],
    )
