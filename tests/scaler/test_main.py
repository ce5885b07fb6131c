"""`python -m scaler` as a process: its settings, its logs, TLS, its end; and that it never tells the token."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import httpx
import pytest
import trustme
import yaml

from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.calls import reply
from tests.gitlab.faults import Fault
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.scaler.harness import credential, until
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
TOKEN = "glpat-0123456789abcdefghij"


class Running:
    """A scaler process. `output` is complete once it has ended."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, grpc_port: int, http_port: int) -> None:
        self.process, self._log = process, log
        self.grpc_port, self.http_port = grpc_port, http_port

    @property
    def output(self) -> str:
        """All that it has written."""
        return self._log.read_text()

    async def http(self, path: str) -> httpx.Response:
        """An answer from its HTTP side."""
        async with httpx.AsyncClient() as client:
            return await client.get(f"http://127.0.0.1:{self.http_port}{path}")

    async def ready(self) -> None:
        """Waits until it says that it is ready."""
        async with asyncio.timeout(30):
            while True:
                try:
                    if (await self.http("/health/readiness")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def end(self) -> int:
        """Asks it to end, as Kubernetes does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def scaler(folder: Path, credentials: Mapping[str, object], **environ: str) -> AsyncIterator[Running]:
    """A scaler process with these credentials, at the most talkative log level."""
    (folder / "credentials.yaml").write_text(yaml.safe_dump({"default": credentials}))
    grpc_port, http_port, log = free_port(), free_port(), folder / "log"
    settings = {
        "HOOKRUNNER_SCALER_ADDRESS": f"127.0.0.1:{grpc_port}",
        "HOOKRUNNER_SCALER_HTTP_PORT": str(http_port),
        "HOOKRUNNER_SCALER_CREDENTIALS": str(folder / "credentials.yaml"),
        "HOOKRUNNER_SCALER_CA_FOLDER": str(folder),
        "HOOKRUNNER_SCALER_POLL_INTERVAL": "200ms",
        "HOOKRUNNER_LOG_LEVEL": "DEBUG",
    }
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scaler",
            stdout=file,
            stderr=file,
            cwd=ROOT,
            env={**os.environ, **settings, **environ},
        )
    try:
        yield Running(process, log, grpc_port, http_port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _stub(channel: grpc.aio.Channel) -> ExternalScalerStub:
    return ExternalScalerStub(channel)  # type: ignore[no-untyped-call] # generated


async def test_life(tmp_path: Path) -> None:
    """Ready, counting, logging JSON; on SIGTERM its streams end without an error, and so does it."""
    fake = GitLab(time.time, token=TOKEN)
    with serve(fake) as url:
        project = fake.instance.add_project("app", fake.instance.add_group("team"))
        fake.instance.add_job(project)
        async with scaler(tmp_path, credential(fake, url)) as running:
            await running.ready()
            alive = (await running.http("/health/liveness")).status_code, (await running.http("/x")).status_code
            async with grpc.aio.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
                ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"gitlabUrl": url, "projectId": "1"})
                stream = _stub(channel).StreamIsActive(ref)
                first = await stream.read()
                code = asyncio.create_task(running.end())
                while (last := await stream.read()) is not grpc.aio.EOF:
                    assert last.result
            output = [json.loads(line)["message"] for line in running.output.splitlines()]
            assert (alive, first.result, await code) == ((200, 404), True, 0)
    assert output[0] == f"serving gRPC on port {running.grpc_port}, metrics and events on port {running.http_port}"


async def test_end_while_gitlab_is_silent(tmp_path: Path) -> None:
    """A call to GitLab that waits for its answer does not keep the process from ending."""
    fake = GitLab(time.time, token=TOKEN)
    fault = Fault(times=1, delay=3600)
    fake.faults.add(fault)
    with serve(fake) as url:
        async with scaler(tmp_path, credential(fake, url)) as running:
            await running.ready()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
                metadata = {"gitlabUrl": url, "projectId": "1", "requestTimeout": "60s"}
                await _stub(channel).GetMetricSpec(pb.ScaledObjectRef(namespace="ci", scalerMetadata=metadata))
                await until(lambda: fault.times == 0)
            assert await running.end() == 0  # within what Kubernetes gives it


async def test_token_is_told_nowhere(tmp_path: Path) -> None:
    """Through every kind of failure, the token is in no log, no metric, no status; and on no other host."""
    fake, other = GitLab(time.time, token=TOKEN), GitLab(time.time, token="glpat-other")
    details: list[str] = []
    with serve(fake) as url, serve(other) as elsewhere:
        echo = reply({"message": f"what is {TOKEN}?", "error_description": TOKEN}, 403)
        fake.faults.add(Fault("/projects/1$", answer=echo))
        fake.faults.redirect(f"{elsewhere}/api/v4/projects/2", "/projects/2$")
        fake.faults.html(200, "/projects/3$")
        fake.faults.status(500, "/projects/4$")
        fake.faults.too_many_json("/projects/5$")
        async with scaler(tmp_path, {**credential(fake, url), "namespaces": ["ci"]}) as running:
            await running.ready()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
                stub = _stub(channel)
                details += [await _final(stub, url, "ci", projectId=str(number)) for number in (1, 2, 3, 4)]
                details.append(await _refusal(stub, url, "ci", projectId="5"))  # 429: nobody calls for a minute
                details.append(await _refusal(stub, url, "other", projectId="1"))
                for extra in ({"token": TOKEN}, {"credential": TOKEN}, {"projectId": TOKEN}):
                    details.append(await _refusal(stub, url, "ci", **{"projectId": "1", **extra}))
            metrics = (await running.http("/metrics")).text
            assert await running.end() == 0
        told = [running.output, metrics, *details]
    assert [TOKEN in text for text in told] == [False] * len(told)
    assert "GitLab answered 403 to GET /api/v4/projects/1: '<token>'" in str(details)
    assert other.record.calls == []


async def _refusal(stub: ExternalScalerStub, url: str, namespace: str, **metadata: str) -> str:
    """Status and details of a call that must fail."""
    ref = pb.ScaledObjectRef(namespace=namespace, scalerMetadata={"gitlabUrl": url, **metadata})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.IsActive(ref)
    return f"{caught.value.code().name} {caught.value.details()}"


async def _final(stub: ExternalScalerStub, url: str, namespace: str, **metadata: str) -> str:
    """The same, once GitLab's own refusal is told."""
    async with asyncio.timeout(60):
        while (text := await _refusal(stub, url, namespace, **metadata)).endswith("not counted yet"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    return text


async def test_tls(tmp_path: Path) -> None:
    """Mutual TLS: who shows no certificate of our CA is not served; renewed files are used at once."""
    ours, theirs = trustme.CA(), trustme.CA()
    server, files = ours.issue_cert("127.0.0.1"), {name: tmp_path / name for name in ("cert", "key", "ca")}
    server.cert_chain_pems[0].write_to_path(files["cert"])
    server.private_key_pem.write_to_path(files["key"])
    ours.cert_pem.write_to_path(files["ca"])
    environ = {
        "HOOKRUNNER_SCALER_TLS_CERT": str(files["cert"]),
        "HOOKRUNNER_SCALER_TLS_KEY": str(files["key"]),
        "HOOKRUNNER_SCALER_TLS_CLIENT_CA": str(files["ca"]),
    }
    fake = GitLab(time.time, token=TOKEN)
    async with scaler(tmp_path, credential(fake, "https://gitlab.com"), **environ) as running:
        await running.ready()
        outcomes = [
            await _spec_over_tls(running, ours, ours.issue_cert("keda")),
            await _spec_over_tls(running, ours, theirs.issue_cert("keda")),
            await _spec_over_tls(running, ours, None),
            await _spec_over_tls(running, theirs, ours.issue_cert("keda")),
        ]
        renewed = theirs.issue_cert("127.0.0.1")
        renewed.private_key_pem.write_to_path(files["key"])
        renewed.cert_chain_pems[0].write_to_path(files["cert"])
        outcomes.append(await _spec_over_tls(running, theirs, ours.issue_cert("keda")))
        theirs.cert_pem.write_to_path(files["ca"])
        outcomes.append(await _spec_over_tls(running, theirs, theirs.issue_cert("keda")))
        outcomes.append(await _spec_over_tls(running, theirs, ours.issue_cert("keda")))
    assert outcomes == ["OK", "UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE", "OK", "OK", "UNAVAILABLE"]


async def _spec_over_tls(running: Running, trusted: trustme.CA, own: trustme.LeafCert | None) -> str:
    credentials = grpc.ssl_channel_credentials(
        trusted.cert_pem.bytes(),
        own.private_key_pem.bytes() if own else None,
        own.cert_chain_pems[0].bytes() if own else None,
    )
    ref = pb.ScaledObjectRef(namespace="ci", scalerMetadata={"projectId": "1"})
    async with grpc.aio.secure_channel(f"127.0.0.1:{running.grpc_port}", credentials) as channel:
        try:
            await _stub(channel).GetMetricSpec(ref, timeout=PATIENCE_SECONDS)
        except grpc.aio.AioRpcError as error:
            return str(error.code().name)
        return "OK"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param(
            {"HOOKRUNNER_SCALER_POLL_INTERVAL": "soon"},
            "HOOKRUNNER_SCALER_POLL_INTERVAL='soon' is not valid: it must be a duration such as 500ms, 30s or 15m",
            id="duration",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_ADDRESS": "9090"},
            "HOOKRUNNER_SCALER_ADDRESS='9090' is not valid: it must be host:port, with a port from 0 to 65535",
            id="address",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_ADDRESS": "127.0.0.1:65536"}, "'127.0.0.1:65536' is not valid", id="no such port"
        ),
        pytest.param({"HOOKRUNNER_SCALER_TLS_CERT": "/x"}, "HOOKRUNNER_SCALER_TLS_KEY go together", id="half-tls"),
        pytest.param(
            {"HOOKRUNNER_SCALER_TLS_CERT": "/x", "HOOKRUNNER_SCALER_TLS_KEY": "/y"},
            "HOOKRUNNER_SCALER_TLS_*: /y cannot be read: No such file or directory",
            id="no-tls-files",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_TLS_CERT": __file__, "HOOKRUNNER_SCALER_TLS_KEY": __file__},
            "HOOKRUNNER_SCALER_TLS_CERT and HOOKRUNNER_SCALER_TLS_KEY must be a certificate and its key as PEM",
            id="no-pem",
        ),
        pytest.param({"HOOKRUNNER_SCALER_CREDENTIALS": "/x"}, "/x is not a readable YAML file", id="no-credentials"),
    ],
)
def test_wrong_setting(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    """A wrong setting ends it at once with one line and exit code 2."""
    (tmp_path / "credentials.yaml").write_text("{}")
    given = {"HOOKRUNNER_SCALER_CREDENTIALS": str(tmp_path / "credentials.yaml"), **environ}
    done = subprocess.run(
        [sys.executable, "-m", "scaler"],
        env={**os.environ, **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("name", "host", "line"),
    [
        pytest.param(
            "HOOKRUNNER_SCALER_HTTP_PORT",
            "",
            "HOOKRUNNER_SCALER_HTTP_PORT={} cannot be served (Address already in use): set a port that is free",
            id="http",
        ),
        pytest.param(
            "HOOKRUNNER_SCALER_ADDRESS",
            "127.0.0.1:",
            "HOOKRUNNER_SCALER_ADDRESS='127.0.0.1:{}' cannot be served (Address already in use): "
            "set an address of this machine and a port that is free",
            id="grpc",
        ),
    ],
)
async def test_port_taken(tmp_path: Path, name: str, host: str, line: str) -> None:
    """An address that is taken ends it with one line."""
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        async with scaler(
            tmp_path, credential(GitLab(time.time), "https://gitlab.com"), **{name: f"{host}{port}"}
        ) as it:
            code = await asyncio.wait_for(it.process.wait(), 30)
    assert (code, it.output) == (2, f"scaler: {line.format(port)}\n")
