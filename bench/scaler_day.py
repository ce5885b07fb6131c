"""Whether the scaler's memory stays flat over a day's traffic, sent as fast as it goes: `python -m bench.scaler_day`.

A day of 50 ScaledObjects on 5 queries: a poll each 30 s, KEDA's two calls each 30 s and the HPA's each 15 s, six job
events a minute, and every ten minutes a ScaledObject that is new, with tags of its own. A number on the command line is
the hours.
"""

import asyncio
import json
import sys
import time
import urllib.request
from functools import partial

import grpc.aio

from bench.scaler_world import Scaler, gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.gitlab import GitLab
from tests.support.waiting import wait_until

SCALED_OBJECTS = 50
QUERIES = 5
JOBS = 200
CALLS_A_HOUR = SCALED_OBJECTS * (120 + 240) * 2
EVENTS_A_HOUR = 360
NEW_A_HOUR = 6
POLLS_A_HOUR = 120 * QUERIES


def main(hours: int) -> None:
    """Measures and prints."""
    # Polled as often as fits: an hour ends when its polls were made, however fast its calls were.
    # What nobody asks about is forgotten after a quarter of an hour, of which some seconds are left here.
    settings = {"POLL_INTERVAL": "50ms", "IDLE": "10s"}
    with gitlab(QUERIES, JOBS) as (fake, url, _), scaler(fake, url, 100_000, **settings) as one:
        asyncio.run(_day(one, fake, url, hours))
        print(f"{_polls(fake)} polls of {JOBS} jobs; {one.cpu_seconds():.0f} s of processor time")


async def _day(one: Scaler, fake: GitLab, url: str, hours: int) -> None:
    async with grpc.aio.insecure_channel(one.address) as channel:
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        refs = [_ref(url, number, f"t{number},docker") for number in range(SCALED_OBJECTS)]
        for ref in refs:
            await stub.GetMetricSpec(ref)
        watched = [asyncio.create_task(_watch(stub, ref)) for ref in refs[:QUERIES]]
        await asyncio.sleep(3)
        for hour in range(hours):
            if hour % max(1, hours // 12) == 0:
                print(f"hour {hour:2}: {one.resident_mib():.1f} MiB", flush=True)
            await asyncio.gather(*(_hour(stub, refs[share::8], CALLS_A_HOUR // 8) for share in range(8)))
            for number in range(NEW_A_HOUR):
                await stub.GetMetricSpec(_ref(url, number, f"hour-{hour}-{number}"))
            await asyncio.to_thread(_events, one, hour)
            wanted = (hour + 1) * POLLS_A_HOUR
            await asyncio.to_thread(wait_until, partial(_polled, fake, wanted), f"{wanted} polls", 600)
        print(f"hour {hours:2}: {one.resident_mib():.1f} MiB")
        for task in watched:
            task.cancel()


async def _watch(stub: ExternalScalerStub, ref: pb.ScaledObjectRef) -> None:
    """As KEDA watches a trigger of type external-push: what is watched is polled, however long nobody else asks."""
    async for _ in stub.StreamIsActive(ref):
        continue


def _polled(fake: GitLab, wanted: int) -> bool:
    return _polls(fake) >= wanted


def _polls(fake: GitLab) -> int:
    return len(fake.record.matching("/jobs$"))


async def _hour(stub: ExternalScalerStub, refs: list[pb.ScaledObjectRef], calls: int) -> None:
    for number in range(calls // 2):
        ref = refs[number % len(refs)]
        await stub.GetMetrics(pb.GetMetricsRequest(scaledObjectRef=ref))
        await stub.IsActive(ref)


def _ref(url: str, number: int, tags: str) -> pb.ScaledObjectRef:
    metadata = {"gitlabUrl": url, "projectId": str(number % QUERIES + 1), "tags": tags}
    return pb.ScaledObjectRef(name=f"runner-{number}", namespace="ci", scalerMetadata=metadata)


def _events(one: Scaler, hour: int) -> None:
    events = [
        {
            "specversion": "1.0",
            "type": "dev.hookrunner.job.changed.v1",
            "source": "/gitlab/projects/1",
            "id": f"{hour}-{number}-{time.time_ns()}",
            "data": {"status": "pending", "projectId": number % QUERIES + 1, "jobId": number},
        }
        for number in range(EVENTS_A_HOUR)
    ]
    headers = {"content-type": "application/cloudevents-batch+json"}
    request = urllib.request.Request(one.url, json.dumps(events).encode(), headers)  # noqa: S310 - our own process
    with urllib.request.urlopen(request):  # noqa: S310 - our own process
        return


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
