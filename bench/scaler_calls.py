"""How fast does the scaler answer GetMetrics on one core, one call after the other and eight at once?"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import grpc.aio

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.machine import cores, on_core
from bench.kit.ratios import row
from bench.kit.report import Report
from bench.kit.scaler_world import Scaler, gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub

AT_ONCE = 8
JOBS = 1_000
Call = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Round:
    """One after the other: ms at p50 and p99. At once: calls a second, and calls for each second of CPU time."""

    p50: float
    p99: float
    rate: float
    by_cpu: float


def run(lab: Lab, *, long: bool) -> Report:
    """From a snapshot of 1,000 jobs, on one connection: the latency that KEDA sees, then the throughput."""
    count, calls = (15, 10_000) if long else (5, 2_000)
    with gitlab(projects=1, jobs=JOBS) as (fake, url, _), scaler(lab, fake, url) as one, on_core(cores()[1]):
        found = asyncio.run(_rounds(one, url, count, calls))
        memory = one.resident_mib()
    return _report(found, calls, memory)


async def _rounds(one: Scaler, url: str, count: int, calls: int) -> list[Round]:
    async with grpc.aio.insecure_channel(one.address) as channel:
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        call = partial(stub.GetMetrics, _request(one, url))
        await _counted(call)
        return [await _round(one, call, calls) for _ in range(count)]


def _request(one: Scaler, url: str) -> pb.GetMetricsRequest:
    metadata = {"gitlabUrl": url, "projectId": "1", "tags": "docker,linux", "targetQueueLength": "2"}
    ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"scalerAddress": one.address, **metadata})
    return pb.GetMetricsRequest(scaledObjectRef=ref, metricName="hookrunner-gitlab-queue")


async def _counted(call: Call) -> None:
    """Waits for the snapshot: until then the answer is an error."""
    while True:
        try:
            await call()
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.05)
        else:
            return


async def _round(one: Scaler, call: Call, calls: int) -> Round:
    quantiles = statistics.quantiles(await _times(call, calls), n=100)
    started, cpu = time.perf_counter(), one.cpu_seconds()
    await asyncio.gather(*(_times(call, calls // AT_ONCE) for _ in range(AT_ONCE)))
    seconds, used = time.perf_counter() - started, one.cpu_seconds() - cpu
    return Round(quantiles[49] * 1e3, quantiles[98] * 1e3, calls / seconds, calls / used)


async def _times(call: Call, number: int) -> list[float]:
    """Seconds of each call, one after the other."""
    times = []
    for _ in range(number):
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)
    return times


def _report(found: Sequence[Round], calls: int, memory: float) -> Report:
    p50, p99 = [one.p50 for one in found], [one.p99 for one in found]
    return Report(
        question=str(__doc__),
        columns=[f"snapshot of {JOBS:,} jobs", "figure", "least", "most"],
        rows=[
            row("one after the other, ms up to p50", p50, ".2f"),
            row("one after the other, ms up to p99", p99, ".2f"),
            row(f"{AT_ONCE} at once, calls a second", [one.rate for one in found], ",.0f"),
            row(f"{AT_ONCE} at once, calls for each second of CPU time", [one.by_cpu for one in found], ",.0f"),
            ["memory, MiB", f"{memory:.0f}", "", ""],
        ],
        chart=Chart(
            "GetMetrics, one call after the other",
            "ms",
            [str(number + 1) for number in range(len(found))],
            {"p50": p50, "p99": p99},
            "round",
        ),
        figures={"rounds": [asdict(one) for one in found], "memory_mib": memory},
        notes=["the scaler is pinned to one core, the client to the other"],
        measured={"rounds": len(found), "calls": calls, "at_once": AT_ONCE, "jobs": JOBS},
    )
