"""How often does the scaler ask GitLab for a group of 500 projects, and how fresh is its count?"""

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import grpc

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.scaler_world import BUDGET, gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub

PROJECTS = 500


@dataclass(frozen=True)
class Found:
    """Seconds from the first call to each, in order; seconds of a round; the count in the end; what the scaler used."""

    calls: Sequence[float]
    round_seconds: float
    count: float
    cpu_seconds: float
    memory_mib: float


def run(lab: Lab, *, long: bool) -> Report:
    """In real time, a pending job in each project, with the budget of calls that a credential has by default."""
    minutes = 10 if long else 3
    return _report(_watched(lab, minutes), minutes)


def _watched(lab: Lab, minutes: int) -> Found:
    with (
        gitlab(PROJECTS, jobs=1) as (fake, url, _),
        scaler(lab, fake, url) as one,
        grpc.insecure_channel(one.address) as channel,
    ):
        ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"gitlabUrl": url, "groupId": "team"})
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        stub.GetMetricSpec(ref)
        time.sleep(minutes * 60)
        count = stub.GetMetrics(pb.GetMetricsRequest(scaledObjectRef=ref)).metricValues[0].metricValue
        times = sorted(call.at for call in fake.record.calls)
        (took,) = [value for name, value in one.metrics().items() if "round_seconds" in name]
        return Found([at - times[0] for at in times], took, count, one.cpu_seconds(), one.resident_mib())


def busiest(calls: Sequence[float]) -> int:
    """The most calls of any sixty seconds; `calls` are their times in order."""
    return max(bisect_left(calls, at + 60) - place for place, at in enumerate(calls))


def each_minute(calls: Sequence[float], minutes: int) -> list[int]:
    """How many calls came in each minute since the first."""
    ends = [bisect_left(calls, minute * 60) for minute in range(minutes + 1)]
    return [end - start for start, end in pairwise(ends)]


def _report(found: Found, minutes: int) -> Report:
    return Report(
        question=str(__doc__),
        columns=[f"{PROJECTS} projects, {minutes} minutes", "figure"],
        rows=[
            ["calls", f"{len(found.calls):,}"],
            ["calls in the busiest minute", f"{busiest(found.calls):,}"],
            ["a round, s", f"{found.round_seconds:.0f}"],
            ["pending jobs that it counts in the end", f"{found.count:,.0f}"],
            ["CPU time, s", f"{found.cpu_seconds:.1f}"],
            ["memory, MiB", f"{found.memory_mib:.0f}"],
        ],
        chart=Chart(
            "Calls to GitLab",
            "1/min",
            [f"minute {number + 1}" for number in range(minutes)],
            {"calls": each_minute(found.calls, minutes), "budget": [BUDGET] * minutes},
        ),
        figures=asdict(found),
        notes=["the count is at best as fresh as a round is long; maxStaleSeconds is 120 by default"],
        measured={"minutes": minutes, "projects": PROJECTS, "budget": BUDGET},
    )
