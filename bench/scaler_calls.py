"""How fast GetMetrics is answered, on one core: `python -m bench.scaler_calls`.

One call after the other on one connection (the latency that KEDA sees), then eight at once (the throughput). The client
runs on the other core.
"""

import asyncio
import statistics
import time

import grpc.aio

from bench.scaler_world import Scaler, gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub

CALLS = 10_000
AT_ONCE = 8
JOBS = 1_000


def main() -> None:
    """Measures and prints."""
    with gitlab(projects=1, jobs=JOBS) as (fake, url, _), scaler(fake, url) as one:
        asyncio.run(_measure(one, url))


async def _measure(one: Scaler, url: str) -> None:
    metadata = {"gitlabUrl": url, "projectId": "1", "tags": "docker,linux", "targetQueueLength": "2"}
    ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"scalerAddress": one.address, **metadata})
    request = pb.GetMetricsRequest(scaledObjectRef=ref, metricName="hookrunner-gitlab-queue")
    async with grpc.aio.insecure_channel(one.address) as channel:
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        await _counted(stub, request)
        times = await _calls(stub, request, CALLS)
        quantiles = statistics.quantiles(times, n=100)
        print(f"one after the other: p50 {quantiles[49] * 1e3:.2f} ms, p99 {quantiles[98] * 1e3:.2f} ms")
        started, cpu = time.perf_counter(), one.cpu_seconds()
        await asyncio.gather(*(_calls(stub, request, CALLS // AT_ONCE) for _ in range(AT_ONCE)))
        seconds, used = time.perf_counter() - started, one.cpu_seconds() - cpu
        print(f"{AT_ONCE} at once: {CALLS / seconds:.0f} calls/s, {CALLS / used:.0f} for each second of the core")
    print(f"memory: {one.resident_mib():.0f} MiB with {JOBS} jobs")


async def _counted(stub: ExternalScalerStub, request: pb.GetMetricsRequest) -> None:
    while True:
        try:
            await stub.GetMetrics(request)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.05)
        else:
            return


async def _calls(stub: ExternalScalerStub, request: pb.GetMetricsRequest, number: int) -> list[float]:
    times = []
    for _ in range(number):
        started = time.perf_counter()
        await stub.GetMetrics(request)
        times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
