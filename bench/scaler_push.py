"""How long from a pending job at GitLab, by its webhook and `hook`, to KEDA's stream, on either runtime?"""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import grpc

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.ratios import spread
from bench.kit.report import Report
from bench.kit.scaler_world import gitlab, scaler
from bench.kit.turns import order
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.deliveries import Deliveries, Hook
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Project, Status
from tests.support.functions import RUNTIMES, start_function

SECRET = "s3cret"  # noqa: S105 - of this bench only
_REST = 1.2
"""Seconds after a job: a query is counted anew at most once a second, and the next job shall not wait for that."""
Found = Mapping[str, Sequence[Sequence[float]]]
"""Of each runtime the rounds, of these the seconds of each job."""


@dataclass(frozen=True)
class Way:
    """From a project of the fake GitLab to what KEDA's stream is told."""

    fake: GitLab
    project: Project
    pushes: Iterator[pb.IsActiveResponse]

    def wait(self) -> float:
        """Seconds from a pending job to the push of it; then the job ends, which is pushed too."""
        started = time.perf_counter()
        job = self.fake.instance.add_job(self.project)
        self.until(active=True)
        took = time.perf_counter() - started
        self.fake.instance.move(job, Status.SUCCESS)
        self.until(active=False)
        time.sleep(_REST)
        return took

    def until(self, *, active: bool) -> None:
        """Waits for a push that says so."""
        while next(self.pushes).result is not active:
            pass


def run(lab: Lab, *, long: bool) -> Report:
    """Both runtimes in turn, one job at a time; the next poll is minutes away, so that each push is by webhook."""
    count, jobs = (6, 10) if long else (3, 3)
    found: dict[str, list[list[float]]] = {runtime: [] for runtime in RUNTIMES}
    with ExitStack() as stack:
        ways = {runtime: stack.enter_context(_way(lab, runtime)) for runtime in RUNTIMES}
        for turn in range(count):
            for runtime in order(RUNTIMES, turn):
                found[runtime].append([ways[runtime].wait() for _ in range(jobs)])
    return _report(found, {"rounds": count, "jobs": jobs})


@contextmanager
def _way(lab: Lab, runtime: str) -> Iterator[Way]:
    secrets = lab.folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "token").write_text(SECRET)
    with (
        gitlab(projects=1, jobs=0) as (fake, url, [project]),
        scaler(lab, fake, url, POLL_INTERVAL="10m") as one,
        start_function(runtime, "hook", {"K_SINK": one.url, "HOOKRUNNER_HOOK_SECRETS": str(secrets)}) as hook,
        Deliveries(fake.instance, [Hook(hook, token=SECRET)], url=url),
        grpc.insecure_channel(one.address) as channel,
    ):
        way = Way(fake, project, _pushes(channel, url, project))
        way.until(active=False)
        yield way


def _pushes(channel: grpc.Channel, url: str, project: Project) -> Iterator[pb.IsActiveResponse]:
    ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"gitlabUrl": url, "projectId": str(project.id)})
    stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated
    return iter(stub.StreamIsActive(ref))


def _report(found: Found, measured: Mapping[str, int]) -> Report:
    medians = {runtime: [statistics.median(jobs) for jobs in rounds] for runtime, rounds in found.items()}
    worst = {runtime: max(map(max, rounds)) for runtime, rounds in found.items()}
    return Report(
        question=str(__doc__),
        columns=["s from pending to pushed", "median", "worst"],
        rows=[[runtime, spread(medians[runtime]).text(".3f"), f"{worst[runtime]:.3f}"] for runtime in found],
        chart=Chart(
            "From pending to pushed",
            "s",
            list(found),
            {
                "median": [statistics.median(values) for values in medians.values()],
                "worst": list(worst.values()),
            },
        ),
        figures={"seconds": found},
        notes=["median: of the rounds' medians, with their spread; worst: of all jobs"],
        measured=measured,
    )
