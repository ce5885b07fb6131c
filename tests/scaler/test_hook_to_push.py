"""From GitLab's job webhook through `hook`, on either runtime, to KEDA's stream; while the poll would take minutes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.gitlab.deliveries import Deliveries, Hook
from tests.gitlab.hooks import request
from tests.scaler.harness import Harness, rarely, until, with_gitlab
from tests.support.functions import RUNTIMES, start_function
from tests.support.waiting import PATIENCE_SECONDS

EVENTS = 'hookrunner_scaler_events_total{outcome="recounted"}'
SECRET = "s3cret"
SIGNING = "whsec_c2lnbmluZy1rZXktb2YtdGhlLXRlc3Rz"


@asynccontextmanager
async def world(tmp_path: Path, runtime: str) -> AsyncIterator[tuple[Harness, str]]:
    """A scaler, a fake GitLab, and the hook function that posts to the scaler; the hook's URL."""
    secrets = tmp_path / "hook"
    secrets.mkdir()
    (secrets / "token").write_text(SECRET)
    (secrets / "signing-key").write_text(SIGNING)
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        environ = {
            "K_SINK": f"http://127.0.0.1:{scaler.app.http_port}/",
            "HOOKRUNNER_HOOK_SECRETS": str(secrets),
        }
        # Started in this thread, which the function's process must not outlive; the loop waits meanwhile.
        with start_function(runtime, "hook", environ) as url:
            yield scaler, url


@pytest.mark.conformance
@pytest.mark.parametrize("signed", [False, True], ids=["token", "signature"])
@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_pending_job_reaches_the_stream(tmp_path: Path, runtime: str, *, signed: bool) -> None:
    """A job that becomes pending at GitLab is pushed to KEDA as active, though the next poll is minutes away."""
    async with world(tmp_path, runtime) as (scaler, hook):
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        ref = scaler.ref(projectId=str(project.id))
        stream = scaler.stub.StreamIsActive(ref)
        first = await stream.read()
        webhook = Hook(hook, signing_token=SIGNING) if signed else Hook(hook, token=SECRET)
        with Deliveries(instance, [webhook], url=scaler.url):
            instance.add_jobs(project, 3)
            async with asyncio.timeout(PATIENCE_SECONDS):
                second = await stream.read()
            assert await scaler.counted(ref, 3) == 3
        stream.cancel()
    assert (first.result, second.result) == (False, True)


@pytest.mark.conformance
@pytest.mark.parametrize("runtime", RUNTIMES)
async def test_what_changes_nothing(tmp_path: Path, runtime: str) -> None:
    """Forged, replayed and late hooks: no more is counted than GitLab has, and GitLab is not even asked for them."""
    async with world(tmp_path, runtime) as (scaler, hook):
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        job = instance.add_job(project)
        ref = scaler.ref(projectId=str(project.id))
        await scaler.counted(ref, 1)
        scaler.gitlab.record.clear()
        identities = iter(str(number) for number in range(1000))
        genuine, last = (request(job, time.time(), scaler.url, lambda: next(identities), token=SECRET) for _ in "ab")
        forged = request(job, time.time(), scaler.url, lambda: next(identities), token="guess")
        stale = request(job, time.time() - 3600, scaler.url, lambda: next(identities), signing_token=SIGNING)
        async with httpx.AsyncClient() as client:
            answers = [
                (await client.post(hook, content=one.body, headers=one.headers)).status_code
                for one in (forged, stale, *[genuine] * 5, last)
            ]
        # Events are posted in order: when the last one is there, so are all before it.
        await scaler.reaches(EVENTS, 2)
        await until(lambda: len(scaler.gitlab.record.matching("/jobs$")) > 0)
        events, value = await scaler.metrics(), await scaler.value(ref)
    assert answers == [401, 401, *[204] * 6]
    assert {name: count for name, count in events.items() if "events_total" in name} == {EVENTS: 2}
    assert value == 1
