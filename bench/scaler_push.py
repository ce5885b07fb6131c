"""From a pending job at GitLab, by its webhook and `hook`, to KEDA's stream: `python -m bench.scaler_push`.

The poll is ten minutes away, so that every push comes from a webhook. On both runtimes.
"""

import statistics
import tempfile
import time
from pathlib import Path

import grpc

from bench.scaler_world import gitlab, scaler
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.deliveries import Deliveries, Hook
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Project, Status
from tests.support.functions import RUNTIMES, start_function

JOBS = 30
SECRET = "s3cret"  # noqa: S105 - of this bench only


def main() -> None:
    """Measures and prints."""
    for runtime in RUNTIMES:
        with (
            tempfile.TemporaryDirectory() as folder,
            gitlab(projects=1, jobs=0) as (fake, url, [project]),
            scaler(fake, url, POLL_INTERVAL="10m") as one,
        ):
            (Path(folder) / "token").write_text(SECRET)
            environ = {"K_SINK": one.url, "HOOKRUNNER_HOOK_SECRETS": folder}
            with (
                start_function(runtime, "hook", environ) as hook,
                Deliveries(fake.instance, [Hook(hook, token=SECRET)], url=url),
                grpc.insecure_channel(one.address) as channel,
            ):
                waits = _measure(fake, url, project, channel)
        worst, median = max(waits), statistics.median(waits)
        print(f"{runtime}: {len(waits)} jobs, from pending to pushed: median {median:.2f} s, worst {worst:.2f} s")


def _measure(fake: GitLab, url: str, project: Project, channel: grpc.Channel) -> list[float]:
    ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"gitlabUrl": url, "projectId": str(project.id)})
    stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
    pushes = iter(stub.StreamIsActive(ref))
    assert not next(pushes).result
    waits = []
    for _ in range(JOBS):
        started = time.perf_counter()
        job = fake.instance.add_job(project)
        while not next(pushes).result:
            pass
        waits.append(time.perf_counter() - started)
        fake.instance.move(job, Status.SUCCESS)
        while next(pushes).result:
            pass
        time.sleep(1.2)  # one recount a second: the next job shall not wait for that
    return waits


if __name__ == "__main__":
    main()
