"""A day's traffic of the scaler, sent as fast as it goes.

50 ScaledObjects on 5 queries: a poll each 30 s, KEDA's two calls each 30 s and the HPA's each 15 s, six job events a
minute, and every ten minutes a ScaledObject that is new, with tags of its own.
"""

import asyncio
import json
import time
import urllib.request
from functools import partial

import grpc.aio

from bench.kit.scaler_world import Scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.gitlab import GitLab
from tests.support.waiting import wait_until

SCALED_OBJECTS = 50
QUERIES = 5
JOBS = 200
_CALLS_AN_HOUR = SCALED_OBJECTS * (120 + 240) * 2
_EVENTS_AN_HOUR = 360
_NEW_AN_HOUR = 6
_POLLS_AN_HOUR = 120 * QUERIES
_LANES = 8
"""So many calls are under way at once."""


async def sent(one: Scaler, fake: GitLab, url: str, hours: int) -> list[float]:
    """The MiB that the scaler holds before so many hours' traffic, and after each of them."""
    async with grpc.aio.insecure_channel(one.address) as channel:
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        refs = [_ref(url, number, f"t{number},docker") for number in range(SCALED_OBJECTS)]
        for ref in refs:
            await stub.GetMetricSpec(ref)
        watched = [asyncio.create_task(_watch(stub, ref)) for ref in refs[:QUERIES]]
        await asyncio.sleep(3)  # its first counts are part of its start
        memory = [one.resident_mib()]
        for hour in range(hours):
            await _traffic(stub, refs, url, hour)
            await asyncio.to_thread(_rest_of_hour, one, fake, hour)
            memory.append(one.resident_mib())
        for task in watched:
            task.cancel()
    return memory


def polls(fake: GitLab) -> int:
    """How often the fake GitLab was asked for a project's jobs."""
    return len(fake.record.matching("/jobs$"))


async def _watch(stub: ExternalScalerStub, ref: pb.ScaledObjectRef) -> None:
    """As KEDA watches a trigger of type external-push: what is watched is polled, however long nobody else asks."""
    async for _ in stub.StreamIsActive(ref):
        continue


async def _traffic(stub: ExternalScalerStub, refs: list[pb.ScaledObjectRef], url: str, hour: int) -> None:
    """KEDA's and the HPA's calls of an hour, and its new ScaledObjects."""
    share = _CALLS_AN_HOUR // _LANES
    await asyncio.gather(*(_calls(stub, refs[lane::_LANES], share) for lane in range(_LANES)))
    for number in range(_NEW_AN_HOUR):
        await stub.GetMetricSpec(_ref(url, number, f"hour-{hour}-{number}"))


async def _calls(stub: ExternalScalerStub, refs: list[pb.ScaledObjectRef], calls: int) -> None:
    for number in range(calls // 2):
        ref = refs[number % len(refs)]
        await stub.GetMetrics(pb.GetMetricsRequest(scaledObjectRef=ref))
        await stub.IsActive(ref)


def _ref(url: str, number: int, tags: str) -> pb.ScaledObjectRef:
    metadata = {"gitlabUrl": url, "projectId": str(number % QUERIES + 1), "tags": tags}
    return pb.ScaledObjectRef(name=f"runner-{number}", namespace="ci", scalerMetadata=metadata)


def _rest_of_hour(one: Scaler, fake: GitLab, hour: int) -> None:
    """Its job events, and what is still missing of its polls."""
    _post(one, [_event(hour, number) for number in range(_EVENTS_AN_HOUR)])
    wanted = (hour + 1) * _POLLS_AN_HOUR
    wait_until(partial(_polled, fake, wanted), f"{wanted} polls", 600)


def _polled(fake: GitLab, wanted: int) -> bool:
    return polls(fake) >= wanted


def _event(hour: int, number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "type": "dev.hookrunner.job.changed.v1",
        "source": "/gitlab/projects/1",
        "id": f"{hour}-{number}-{time.time_ns()}",
        "data": {"status": "pending", "projectId": number % QUERIES + 1, "jobId": number},
    }


def _post(one: Scaler, events: list[dict[str, object]]) -> None:
    headers = {"content-type": "application/cloudevents-batch+json"}
    request = urllib.request.Request(one.url, json.dumps(events).encode(), headers)  # noqa: S310 - our own process
    with urllib.request.urlopen(request):  # noqa: S310 - our own process
        return
