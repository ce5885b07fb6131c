"""gRPC as a hostile or broken client speaks it: clear statuses, and memory that stays bounded."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from scaler import externalscaler_pb2 as pb
from scaler import server
from tests.scaler.harness import Harness, Time, credential, until, with_gitlab

SERVICE = "externalscaler.ExternalScaler"
STREAMS, AT_ONCE = 500, 25
MAX_BYTES_A_STREAM = 100 * 1024


def _project(scaler: Harness) -> str:
    instance = scaler.gitlab.instance
    project = instance.add_project("app", instance.add_group("team"))
    instance.add_jobs(project, 2)
    return str(project.id)


async def status(scaler: Harness, method: str, message: bytes) -> tuple[str, str]:
    """Name and details of the status that raw bytes get."""
    channel: Any = scaler.channel  # untyped without serializers
    call = channel.unary_unary(f"/{SERVICE}/{method}")
    try:
        await call(message)
    except grpc.aio.AioRpcError as error:
        return error.code().name, error.details() or ""
    return "OK", ""


PROJECT = {"projectId": "1"}
INVALID, DENIED, EXHAUSTED = "INVALID_ARGUMENT", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"
HOSTILE = {
    "unknown-key": (INVALID, {**PROJECT, "tag": "x"}, "'tag' is not a parameter: did you mean 'tags'?"),
    "unicode": (INVALID, {**PROJECT, "кот🐱": "1"}, r"'\u043a\u043e\u0442\U0001f431' is not a parameter"),
    "control": (INVALID, {"projectId": "1\r\nx: y\x00\x1b[2J"}, r"projectId: '1\r\nx: y\x00\x1b[2J' is not"),
    "long-value": (INVALID, {"projectId": "9" * 60_000}, "projectId: '99999"),
    "many-keys": (INVALID, {f"k{index}": "v" for index in range(3000)}, "is not a parameter"),
    "nothing": (INVALID, {}, "exactly one of projectId, groupId and instance must be given"),
    "ca-file": (INVALID, {**PROJECT, "caFile": "/etc/passwd"}, "'/etc/passwd' is not a file in the scaler's"),
    "1-MB": (EXHAUSTED, {**PROJECT, "tags": "x" * 1_000_000}, "larger than max"),
    "credential": (DENIED, {**PROJECT, "credential": "other"}, "credential 'other' is not in"),
    "gitlab": (DENIED, {**PROJECT, "gitlabUrl": "http://169.254.169.254"}, "is not for 'http://169.254.169.254'"),
    "insecure": (DENIED, {**PROJECT, "insecureSkipVerify": "true"}, "'default' refuses insecureSkipVerify"),
}


@pytest.mark.parametrize("method", ["IsActive", "GetMetricSpec", "StreamIsActive", "StreamMetricSpec"])
@pytest.mark.parametrize(("code", "metadata", "details"), HOSTILE.values(), ids=HOSTILE)
async def test_hostile_metadata(tmp_path: Path, method: str, code: str, metadata: dict[str, str], details: str) -> None:
    """Every call refuses hostile metadata with a clear status, in printable ASCII, without asking GitLab."""
    async with with_gitlab(tmp_path) as scaler:
        ref = pb.ScaledObjectRef(name="runner", namespace="ci", scalerMetadata={"gitlabUrl": scaler.url, **metadata})
        got = await status(scaler, method, ref.SerializeToString())
        calls = scaler.gitlab.record.calls
    assert (got[0], details in got[1], got[1].isascii(), len(got[1]) < 1000) == (code, True, True, True)
    assert calls == []


@pytest.mark.parametrize(
    ("method", "message", "code"),
    [
        ("Unknown", b"", "UNIMPLEMENTED"),
        ("GetMetrics", b"\xff\xff\xff", "INVALID_ARGUMENT"),
        ("GetMetrics", b"", "INVALID_ARGUMENT"),
        ("IsActive", b"", "INVALID_ARGUMENT"),
    ],
)
async def test_broken_calls(tmp_path: Path, method: str, message: bytes, code: str) -> None:
    """An unknown method, and messages that are none."""
    async with with_gitlab(tmp_path) as scaler:
        assert (await status(scaler, method, message))[0] == code


async def test_another_metric(tmp_path: Path) -> None:
    """A metric that is not ours is refused, so that a misconfigured HPA does not read a queue."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=_project(scaler))
        request = pb.GetMetricsRequest(scaledObjectRef=ref, metricName="cpu")
        got = await status(scaler, "GetMetrics", request.SerializeToString())
    assert got == ("INVALID_ARGUMENT", "the only metric is 'hookrunner-gitlab-queue'")


@pytest.mark.parametrize(
    ("namespace", "outcome"), [("ci-web", 2), ("ci", "PERMISSION_DENIED"), ("", "PERMISSION_DENIED")]
)
async def test_namespaces(tmp_path: Path, namespace: str, outcome: int | str) -> None:
    """A credential serves the namespaces that it names, and no others."""
    async with with_gitlab(tmp_path) as scaler:
        path = tmp_path / "credentials.yaml"
        entry = {**credential(scaler.gitlab, scaler.url), "namespaces": ["ci-*"]}
        path.write_text(str({"default": entry}))
        scaler.app.refresh()
        ref = scaler.ref(namespace, projectId=_project(scaler))
        got = await scaler.counted(ref) if isinstance(outcome, int) else await scaler.outcome(ref)
    assert got == outcome


async def test_too_many_queries(tmp_path: Path) -> None:
    """Only so many different queries are taken on; those that run go on."""
    async with with_gitlab(tmp_path, adjust=lambda settings: replace(settings, max_queries=3)) as scaler:
        number = _project(scaler)
        refs = [scaler.ref(projectId=number, maxPages=str(pages)) for pages in (1, 2, 3, 4)]
        values = [await scaler.counted(ref) for ref in refs[:3]]
        refusal = await scaler.refusal(refs[3])
        assert await scaler.value(refs[0]) == 2
    assert values == [2, 2, 2]
    assert refusal == ("RESOURCE_EXHAUSTED", "3 different queries are asked already: raise the limit, or share one")


async def test_idle_query_is_dropped(tmp_path: Path) -> None:
    """A query that nobody asks any more makes room; one that a stream watches does not."""
    clock = Time()
    async with with_gitlab(tmp_path, adjust=lambda settings: replace(settings, idle=60), clock=clock) as scaler:
        number = _project(scaler)
        watched, asked = scaler.ref(projectId=number, maxPages="1"), scaler.ref(projectId=number, maxPages="2")
        stream = scaler.stub.StreamIsActive(watched)
        await stream.read()
        await scaler.counted(asked)
        clock.now += 61
        scaler.app.pollers.drop_idle()
        left = [poller.source.max_pages for poller in scaler.app.pollers]
        stream.cancel()
    assert left == [1]


async def test_500_streams(tmp_path: Path) -> None:
    """Five hundred streams are served by one poller, end when cancelled, and cost little memory."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=_project(scaler))
        await scaler.counted(ref)
        before = _resident()
        streams: list[Any] = []  # the generated stub has no types
        firsts: list[pb.IsActiveResponse] = []
        for _ in range(STREAMS // AT_ONCE):  # gRPC cancels a call that the server did not take up within 30 s
            opened = [scaler.stub.StreamIsActive(ref) for _ in range(AT_ONCE)]
            firsts += await asyncio.gather(*(stream.read() for stream in opened))
            streams += opened
        grown = _resident() - before
        counts = scaler.app.service.streams, len(list(scaler.app.pollers))
        for stream in streams:
            stream.cancel()
        await until(lambda: scaler.app.service.streams == 0)
    assert [first.result for first in firsts] == [True] * STREAMS
    assert counts == (STREAMS, 1)
    assert grown < STREAMS * MAX_BYTES_A_STREAM  # client and server together


async def test_too_many_streams(tmp_path: Path) -> None:
    """Beyond the limit a stream is refused, and calls are still answered."""
    async with with_gitlab(tmp_path, adjust=lambda settings: replace(settings, max_streams=2)) as scaler:
        ref = scaler.ref(projectId=_project(scaler))
        streams = [scaler.stub.StreamIsActive(ref), scaler.stub.StreamMetricSpec(ref)]
        for stream in streams:
            await stream.read()
        refused = await status(scaler, "StreamIsActive", ref.SerializeToString())
        value = await scaler.counted(ref)
        for stream in streams:
            stream.cancel()
    assert (refused, value) == (("RESOURCE_EXHAUSTED", "2 streams are open already"), 2)


_CLIENT = """
import sys, grpc
from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
stub = ExternalScalerStub(grpc.insecure_channel(sys.argv[1]))
metadata = {"gitlabUrl": sys.argv[2], "projectId": sys.argv[3]}
streams = [iter(stub.StreamIsActive(pb.ScaledObjectRef(namespace="ci", scalerMetadata=metadata))) for _ in range(50)]
for stream in streams:
    next(stream)
print("streaming", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "silent"])
async def test_client_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals) -> None:
    """A client that is killed leaves nothing behind; nor does one whose machine is gone without a word."""
    if sent == signal.SIGSTOP:
        monkeypatch.setattr(server, "_KEEPALIVE_MS", 500)
        monkeypatch.setattr(server, "_KEEPALIVE_TIMEOUT_MS", 3_000)  # no less: a busy client is no silent one
    async with with_gitlab(tmp_path) as scaler:
        number = _project(scaler)
        await scaler.counted(scaler.ref(projectId=number))
        client = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _CLIENT,
            f"127.0.0.1:{scaler.app.grpc_port}",
            scaler.url,
            number,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert client.stdout is not None
        assert (await client.stdout.readline()).strip() == b"streaming"
        open_streams = scaler.app.service.streams
        client.send_signal(sent)
        try:
            await until(lambda: scaler.app.service.streams == 0)
        finally:
            with contextlib.suppress(ProcessLookupError):  # killed already
                client.kill()
            await client.wait()
    assert open_streams == 50


async def test_health_and_reflection(tmp_path: Path) -> None:
    """Health by the standard protocol, NOT_SERVING at the end; the services can be listed."""
    async with with_gitlab(tmp_path) as scaler:
        channel: Any = scaler.channel  # the stubs' types know no asyncio
        health: Any = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        serving = (await watch.read()).status
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        listing = reflection.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        names = {service.name for service in (await listing.read()).list_services_response.service}
        ready = (await scaler.http("GET", "/health/readiness")).status_code
        stopping = asyncio.create_task(scaler.app.stop())
        ending = (await watch.read()).status
        await stopping
    assert SERVICE in names
    assert (serving, ready, ending) == (1, 200, 2)


def _resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
