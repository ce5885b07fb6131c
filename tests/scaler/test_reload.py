"""Credentials that change while the scaler runs: tokens, pace, and those that are gone."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
import yaml

from scaler import externalscaler_pb2 as pb
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.scaler.harness import NAMESPACE, Harness, credential, project_of, running, until
from tests.support.waiting import PATIENCE_SECONDS


def _change(scaler: Harness, folder: Path, credentials: object) -> None:
    """Writes the file anew and has it read, as the housekeeping would within seconds."""
    fresh = folder / "fresh.yaml"
    fresh.write_text(yaml.safe_dump(credentials))
    fresh.replace(folder / "credentials.yaml")
    scaler.app.refresh()


@asynccontextmanager
async def _counting(folder: Path) -> AsyncIterator[tuple[Harness, dict[str, object]]]:
    """A scaler with one credential, which is given too, before a GitLab whose project 1 has two jobs that wait."""
    fake = GitLab(time.time)
    project_of(fake, 2)
    with serve(fake) as url:
        there = credential(fake, url)
        async with running(folder, fake, url, {"default": there}) as scaler:
            yield scaler, there


async def _end(stream: AsyncIterable[pb.IsActiveResponse]) -> None:
    """Reads what a stream still pushes."""
    async for _ in stream:
        await asyncio.sleep(0)


async def test_rotation(tmp_path: Path) -> None:
    """A rotated token is used at the next call, by queries that run; the pace changes too."""
    async with _counting(tmp_path) as (scaler, old):
        fake, ref = scaler.gitlab, scaler.ref(projectId="1")
        await scaler.counted(ref, 2)
        fake.instance.add_token(fake.token.user, "glpat-the-new-one")
        _change(scaler, tmp_path, {"default": {**old, "token": "glpat-the-new-one", "callsPerMinute": 1200}})
        fake.token.revoked = True
        fake.record.clear()
        await until(lambda: len(fake.record.calls) > 2)
        statuses = {call.status for call in fake.record.matching("/jobs$")}
        (budget,) = scaler.app.metrics._budgets.values()
        assert (statuses, budget.per_second, await scaler.value(ref)) == ({200}, 20.0, 2)


async def test_removal(tmp_path: Path) -> None:
    """Of a credential that is gone, callers are told; its queries do not break down, and go on when it is back."""
    async with _counting(tmp_path) as (scaler, there):
        ref = scaler.ref(projectId="1")
        await scaler.counted(ref, 2)
        (poller,) = scaler.app.pollers
        _change(scaler, tmp_path, {})
        await until(lambda: poller.error is not None)
        refusal, error = await scaler.refusal(ref), str(poller.error)
        _change(scaler, tmp_path, {"default": there})
        value, same = await scaler.value(ref), list(scaler.app.pollers) == [poller]
    message = "credential 'default' is not in the scaler's configuration"
    assert refusal == ("PERMISSION_DENIED", message)
    assert (error, value, same) == (message, 2, True)


async def test_host_that_is_no_longer_allowed(tmp_path: Path) -> None:
    """A GitLab that was taken out of the credential's gitlabUrls gets the token no more, by queries that run."""
    async with _counting(tmp_path) as (scaler, there):
        await scaler.counted(scaler.ref(projectId="1"), 2)
        (poller,) = scaler.app.pollers
        _change(scaler, tmp_path, {"default": {**there, "gitlabUrls": ["https://gitlab.example.com"]}})
        await until(lambda: poller.error is not None)
        scaler.gitlab.record.clear()
        await poller.sweep()
        error, calls = str(poller.error), scaler.gitlab.record.calls
    assert (error, calls) == (f"credential 'default' is not for '{scaler.url}': see its gitlabUrls", [])


async def test_namespace_that_is_no_longer_allowed(tmp_path: Path) -> None:
    """A stream that is open when its namespace is taken out of the credential ends, and says why."""
    async with _counting(tmp_path) as (scaler, there):
        stream = scaler.stub.StreamIsActive(scaler.ref(projectId="1"))
        first = await anext(aiter(stream))
        _change(scaler, tmp_path, {"default": {**there, "namespaces": ["elsewhere"]}})
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asyncio.wait_for(_end(stream), PATIENCE_SECONDS)
    told = (refused.value.code().name, refused.value.details())
    assert first.result is True
    assert told == ("PERMISSION_DENIED", f"credential 'default' is not for namespace '{NAMESPACE}': see its namespaces")
