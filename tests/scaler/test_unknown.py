"""Unknown is never 0: whatever GitLab answers, what is not known is UNAVAILABLE, and told why."""

from collections.abc import Callable
from pathlib import Path

import grpc.aio
import pytest

from tests.gitlab.calls import Answer, Json, reply
from tests.gitlab.faults import Fault, Faults
from tests.scaler.harness import Harness, Time, project_of, rarely, until, until_failed, with_gitlab

JOBS = "/jobs$"


def _jobs(fields: dict[str, Json], **headers: str) -> Fault:
    """A list of one job with such fields, in an answer with such headers."""
    return Fault(JOBS, answer=reply([{"id": 1, "status": "running", **fields}], 200, headers))


FAILURES: dict[str, Callable[[Faults], None]] = {
    "401": lambda faults: faults.status(401),
    "403": lambda faults: faults.status(403),
    "404": lambda faults: faults.status(404),
    "500": lambda faults: faults.status(500),
    "503": lambda faults: faults.status(503),
    "html-502": lambda faults: faults.html(502),
    "login-page": lambda faults: faults.html(200),
    "half-an-answer": lambda faults: faults.cut(),
    "connection-lost": lambda faults: faults.drop(),
    "nothing-after-the-headers": lambda faults: faults.drop(keep=0),
    "too-slow": lambda faults: faults.slow(30),
    "redirect-nowhere": lambda faults: faults.redirect("https://127.0.0.1:99999/x"),
    "redirect-that-is-no-url": lambda faults: faults.redirect("http://[x/"),
    "link-that-is-no-url": lambda faults: faults.add(_jobs({}, link='<http://[x/>; rel="next"')),
    "runner-without-number": lambda faults: faults.add(_jobs({"runner": {"id": "x"}})),
    "deep-400": lambda faults: faults.add(Fault(answer=Answer(400, b'{"message":' + b"[" * 99_999))),
    "429-json": lambda faults: faults.too_many_json(),
    "429-text": lambda faults: faults.too_many_text(30),
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
async def test_never_counted(tmp_path: Path, fail: Callable[[Faults], None]) -> None:
    """Without a first count: UNAVAILABLE, whatever GitLab does, for the value and for the activity."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=project_of(scaler.gitlab, 3), requestTimeout="200ms")
        fail(scaler.gitlab.faults)
        outcomes = [await scaler.outcome(ref)]
        await _called(scaler)
        outcomes.append(await scaler.outcome(ref))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await scaler.stub.IsActive(ref)
    assert outcomes == ["UNAVAILABLE", "UNAVAILABLE"]
    assert caught.value.code().name == "UNAVAILABLE"


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
async def test_stale(tmp_path: Path, fail: Callable[[Faults], None]) -> None:
    """A count is answered until it is too old; then UNAVAILABLE, and the number again once GitLab is back."""
    clock = Time()
    async with with_gitlab(tmp_path, clock=clock) as scaler:
        ref = scaler.ref(projectId=project_of(scaler.gitlab, 3), requestTimeout="1s", maxStaleSeconds="5")
        assert await scaler.counted(ref) == 3
        (poller,) = scaler.app.pollers
        fail(scaler.gitlab.faults)
        await until(lambda: poller.error is not None)
        clock.now += 4
        before = await scaler.outcome(ref)
        clock.now += 2
        stale = await scaler.refusal(ref)
        same = list(scaler.app.pollers) == [poller]
    assert (before, stale[0], same) == (3, "UNAVAILABLE", True)
    assert "last counted" in stale[1]


async def test_recovers(tmp_path: Path) -> None:
    """The reason is told while GitLab is away, and gone when it is back."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=project_of(scaler.gitlab, 3))
        scaler.gitlab.faults.status(503)
        await scaler.counted(ref, "UNAVAILABLE")
        name = next(iter(scaler.app.pollers)).source.name
        failing = f'hookrunner_scaler_failing{{error="GitLabUnavailable",source="{name}"}}'
        await until_failed(scaler, ref)
        failed = (await scaler.metrics())[failing]
        _, details = await scaler.refusal(ref)
        scaler.gitlab.faults.clear()
        assert await scaler.counted(ref, 3) == 3
        metrics = await scaler.metrics()
    assert "not counted yet; GitLab answered 503 to GET /api/v4/projects/1" in details
    assert (failed, failing in metrics, metrics[f'hookrunner_scaler_stale{{source="{name}"}}']) == (1, False, 0)


async def test_denied_is_not_asked_again_at_once(tmp_path: Path) -> None:
    """After 401 the next call waits a minute, whatever the interval, and nobody retries; others go on."""
    async with with_gitlab(tmp_path) as scaler:
        denied = project_of(scaler.gitlab, 3)
        other = scaler.gitlab.instance.add_project("other", scaler.gitlab.instance.add_group("other"))
        scaler.gitlab.faults.status(401, f"/projects/{denied}$")
        await until_failed(scaler, scaler.ref(projectId=denied))
        await scaler.counted(scaler.ref(projectId=str(other.id)))
        await until(lambda: len(scaler.gitlab.record.matching(f"/projects/{other.id}/jobs$")) > 5)  # intervals
        calls = len(scaler.gitlab.record.matching(f"/projects/{denied}(/|$)"))
    assert calls == 1


async def test_denied_is_not_asked_again_by_events(tmp_path: Path) -> None:
    """Once a token is known to be no good, job events cause no calls: at most those under way meet it too."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        projects = [instance.add_project(f"app-{number}", group) for number in range(20)]
        ref = scaler.ref(groupId="team")
        await scaler.counted(ref)
        (poller,) = scaler.app.pollers
        scaler.gitlab.faults.status(401)
        scaler.gitlab.record.clear()
        scaler.app.pollers.job_changed(projects[0].id)
        await until(lambda: poller.error is not None)
        for project in projects[1:]:
            scaler.app.pollers.job_changed(project.id)
        (running,) = scaler.app.pollers._running.values()
        await until(lambda: not running.recounts._asked)  # each event was looked at
        calls = len(scaler.gitlab.record.calls)
        value = await scaler.value(ref)
        failing = [name for name in await scaler.metrics() if name.startswith("hookrunner_scaler_failing")]
    assert (calls, value, ["GitLabDenied" in name for name in failing]) == (1, 0, [True])


async def test_pause_is_told(tmp_path: Path) -> None:
    """While GitLab wants no calls, KEDA and the metrics are told at once why, and until when."""
    async with with_gitlab(tmp_path) as scaler:
        headers = {"retry-after": "50", "ratelimit-remaining": "0"}
        scaler.gitlab.faults.add(Fault(answer=Answer(429, b"Retry later\n", headers)))
        ref = scaler.ref(projectId=project_of(scaler.gitlab, 3))
        await until_failed(scaler, ref)
        code, details = await scaler.refusal(ref)
        (poller,) = scaler.app.pollers
        metrics = await scaler.metrics()
    where = f'credential="default",gitlab="{scaler.url}"'
    told = "not counted yet; GitLab answered 429 to GET /api/v4/projects/1; no call starts before "
    assert (code, told in details) == ("UNAVAILABLE", True)
    assert metrics[f'hookrunner_scaler_failing{{error="GitLabLimited",source="{poller.source.name}"}}'] == 1
    assert metrics[f"hookrunner_scaler_rate_remaining{{{where}}}"] == 0
    assert 40 < metrics[f"hookrunner_scaler_paused_seconds{{{where}}}"] <= 50


async def test_bounded_retries(tmp_path: Path) -> None:
    """A call that meets two failures succeeds at the third attempt; of one that always fails, three are made."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        number = project_of(scaler.gitlab, 3)
        scaler.gitlab.faults.status(500, JOBS, times=2)
        value = await scaler.counted(scaler.ref(projectId=number))
        scaler.gitlab.faults.status(500, JOBS)
        await until_failed(scaler, scaler.ref(projectId=number, maxPages="9"))
        statuses = [call.status for call in scaler.gitlab.record.matching(JOBS)]
    assert (value, statuses) == (3, [500, 500, 200, 500, 500, 500])


async def _called(scaler: Harness) -> None:
    """Waits until a call to GitLab has ended, well or not."""
    await until(lambda: any(metric.samples for metric in scaler.app.metrics.calls.collect()))
