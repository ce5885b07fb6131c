"""How often GitLab is asked for a group of 500 projects, and how fresh that is: `python -m bench.scaler_group`.

In real time, with the default budget of 480 calls a minute, for three minutes.
"""

import sys
import time

import grpc

from bench.scaler_world import gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub

PROJECTS = 500


def main(minutes: float) -> None:
    """Measures and prints."""
    with (
        gitlab(PROJECTS, jobs=1) as (fake, url, _),
        scaler(fake, url) as one,
        grpc.insecure_channel(one.address) as channel,
    ):
        ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"gitlabUrl": url, "groupId": "team"})
        stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
        stub.GetMetricSpec(ref)
        time.sleep(minutes * 60)
        value = stub.GetMetrics(pb.GetMetricsRequest(scaledObjectRef=ref)).metricValues[0].metricValue
        times = sorted(call.at for call in fake.record.calls)
        metrics = one.metrics()
        cpu, memory = one.cpu_seconds(), one.resident_mib()
    busiest = max(sum(start <= at < start + 60 for at in times) for start in times)
    (round_seconds,) = [value for name, value in metrics.items() if "round_seconds" in name]
    print(f"{PROJECTS} projects: {len(times)} calls in {minutes:g} minutes, {busiest} in the busiest; answer {value}")
    print(f"one round takes {round_seconds:.0f} s: the count is at best so fresh (maxStaleSeconds is 120 by default)")
    print(f"{cpu:.1f} s of processor time, {memory:.0f} MiB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
