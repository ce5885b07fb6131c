"""The whole scaler in this process, on free ports, before a fake GitLab; and gRPC calls as KEDA makes them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import httpx
import yaml

from scaler import externalscaler_pb2 as pb
from scaler.app import App
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from scaler.settings import Settings, from_environ
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.support.waiting import PATIENCE_SECONDS

NAMESPACE = "ci"


class Time:
    """A clock that goes on only when a test says so; it starts at the present, in seconds since 1970."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        """What it shows."""
        return self.now


class Harness:
    """A running scaler. `url` is GitLab's, `stub` speaks gRPC with the scaler."""

    def __init__(self, gitlab: GitLab, url: str, app: App, channel: grpc.aio.Channel) -> None:
        self.gitlab, self.url, self.app, self.channel = gitlab, url, app, channel
        self.stub = ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated

    def ref(self, namespace: str = NAMESPACE, **metadata: str) -> pb.ScaledObjectRef:
        """What KEDA sends of a ScaledObject with this trigger metadata."""
        return pb.ScaledObjectRef(
            name="runner", namespace=namespace, scalerMetadata={"gitlabUrl": self.url, **metadata}
        )

    async def value(self, ref: pb.ScaledObjectRef) -> int:
        """What GetMetrics answers; both of its fields must agree."""
        answer = await self.stub.GetMetrics(pb.GetMetricsRequest(scaledObjectRef=ref))
        (metric,) = answer.metricValues
        assert metric.metricValue == metric.metricValueFloat
        return int(metric.metricValue)

    async def outcome(self, ref: pb.ScaledObjectRef) -> int | str:
        """What GetMetrics answers: the value, or the name of the status."""
        try:
            return await self.value(ref)
        except grpc.aio.AioRpcError as error:
            return error.code().name

    async def counted(self, ref: pb.ScaledObjectRef, wanted: int | str | None = None) -> int | str:
        """The outcome once it is `wanted`, or, if that is None, a number."""
        outcome: int | str = "never asked"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    outcome = await self.outcome(ref)
                    if outcome == wanted or (wanted is None and isinstance(outcome, int)):
                        return outcome
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"GetMetrics stays at {outcome!r}, not {wanted!r}") from None

    async def refusal(self, ref: pb.ScaledObjectRef) -> tuple[str, str]:
        """Name and details of the status that GetMetrics fails with."""
        try:
            value = await self.value(ref)
        except grpc.aio.AioRpcError as error:
            return error.code().name, error.details() or ""
        raise AssertionError(f"GetMetrics answers {value}")

    async def http(self, method: str, path: str, **options: object) -> httpx.Response:
        """An answer from the scaler's HTTP side."""
        base_url = f"http://127.0.0.1:{self.app.http_port}"
        async with httpx.AsyncClient(base_url=base_url, timeout=PATIENCE_SECONDS) as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type] # httpx's own options

    async def metrics(self) -> dict[str, float]:
        """Every sample that the scaler exposes, by name and labels as they are written."""
        text = (await self.http("GET", "/metrics")).text
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    async def reaches(self, sample: str, value: float) -> None:
        """Waits until a sample, named as `metrics` does, is at least `value`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if (await self.metrics()).get(sample, 0.0) >= value:
                    return
                await asyncio.sleep(0.01)


async def until(holds: Callable[[], bool]) -> None:
    """Waits until `holds`, which asks something of this process that has no event to wait for."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - nothing to wait for but time
            await asyncio.sleep(0.01)


def credential(gitlab: GitLab, url: str) -> dict[str, object]:
    """The configuration of one credential that everybody may use at `url`."""
    return {"token": gitlab.token.value, "gitlabUrls": [url], "namespaces": ["*"], "callsPerMinute": 6000}


@asynccontextmanager
async def running(
    folder: Path,
    gitlab: GitLab,
    url: str,
    credentials: Mapping[str, Mapping[str, object]] | None = None,
    adjust: Callable[[Settings], Settings] = lambda settings: settings,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
) -> AsyncIterator[Harness]:
    """A scaler that counts every 0.2 s unless `adjust` says otherwise; `clock` and `wall` are App's."""
    path = folder / "credentials.yaml"
    path.write_text(yaml.safe_dump(credentials or {"default": credential(gitlab, url)}))
    settings = from_environ({"HOOKRUNNER_SCALER_ADDRESS": "127.0.0.1:0", "HOOKRUNNER_SCALER_CREDENTIALS": str(path)})
    settings = replace(settings, http_port=0, poll_interval=0.2, ca_folder=folder, grace=0.2)
    app = App(adjust(settings), clock, wall)
    await app.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{app.grpc_port}") as channel:
        try:
            yield Harness(gitlab, url, app, channel)
        finally:
            await app.stop()


@asynccontextmanager
async def with_gitlab(folder: Path, wall: Callable[[], float] = time.time, **options: object) -> AsyncIterator[Harness]:
    """A scaler before a fake GitLab of its own, which goes by `wall` too."""
    fake = GitLab(wall)
    with serve(fake) as url:
        async with running(folder, fake, url, wall=wall, **options) as harness:  # type: ignore[arg-type] # running's own options
            yield harness


def rarely(settings: Settings) -> Settings:
    """For `adjust`: no count but those that are asked for."""
    return replace(settings, poll_interval=600.0)


def project_of(fake: GitLab, jobs: int) -> str:
    """A new project with so many pending jobs; its number."""
    project = fake.instance.add_project("app", fake.instance.add_group("team"))
    fake.instance.add_jobs(project, jobs)
    return str(project.id)


async def until_failed(scaler: Harness, ref: pb.ScaledObjectRef) -> None:
    """Waits until the count of `ref` has failed as a whole."""
    await scaler.outcome(ref)
    poller = list(scaler.app.pollers)[-1]
    await until(lambda: poller.error is not None)
