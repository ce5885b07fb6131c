"""`python -m scaler` as a process: its logs, TLS, its end; and that it never tells the token."""

import asyncio
import json
import time
from pathlib import Path

import grpc
import grpc.aio
import pytest
import trustme

from scaler import externalscaler_pb2 as pb
from scaler.externalscaler_pb2_grpc import ExternalScalerStub
from tests.gitlab.calls import reply
from tests.gitlab.faults import Fault
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.scaler.harness import credential, until
from tests.scaler.processes import Running, scaler
from tests.support.waiting import PATIENCE_SECONDS

TOKEN = "glpat-0123456789abcdefghij"


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
