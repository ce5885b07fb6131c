"""Unknown is never 0: what is not known is UNAVAILABLE, and a lower bound never lowers an answer."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest

from scaler import externalscaler_pb2 as pb
from scaler.settings import Settings
from tests.gitlab.calls import Answer, Json, reply
from tests.gitlab.faults import Fault, Faults
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status
from tests.scaler.harness import Harness, Time, until, with_gitlab

JOBS = "/jobs$"


def _project(fake: GitLab, jobs: int) -> str:
    """A project with so many pending jobs; its number."""
    project = fake.instance.add_project("app", fake.instance.add_group("team"))
    fake.instance.add_jobs(project, jobs)
    return str(project.id)


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
        ref = scaler.ref(projectId=_project(scaler.gitlab, 3), requestTimeout="200ms")
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
        ref = scaler.ref(projectId=_project(scaler.gitlab, 3), requestTimeout="1s", maxStaleSeconds="5")
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
        ref = scaler.ref(projectId=_project(scaler.gitlab, 3))
        scaler.gitlab.faults.status(503)
        await scaler.counted(ref, "UNAVAILABLE")
        name = next(iter(scaler.app.pollers)).source.name
        failing = f'hookrunner_scaler_failing{{error="GitLabUnavailable",source="{name}"}}'
        await _failed(scaler, ref)
        failed = (await scaler.metrics())[failing]
        _, details = await scaler.refusal(ref)
        scaler.gitlab.faults.clear()
        assert await scaler.counted(ref, 3) == 3
        metrics = await scaler.metrics()
    assert "not counted yet; GitLab answered 503 to GET /api/v4/projects/1" in details
    assert (failed, failing in metrics, metrics[f'hookrunner_scaler_stale{{source="{name}"}}']) == (1, False, 0)


async def test_half_a_group_failed(tmp_path: Path) -> None:
    """While half of a group cannot be told, the answer may rise, but not fall; and it is flagged."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        seen, hidden = instance.add_project("seen", group), instance.add_project("hidden", group)
        jobs = instance.add_jobs(seen, 4)
        instance.add_jobs(hidden, 3)
        ref = scaler.ref(groupId="team")
        values = [await scaler.counted(ref)]
        truncated = f'hookrunner_scaler_truncated{{source="{next(iter(scaler.app.pollers)).source.name}"}}'
        flags = [(await scaler.metrics())[truncated]]
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        await _truncated(scaler)
        values.append(await scaler.value(ref))
        flags.append((await scaler.metrics())[truncated])
        for job in jobs:
            instance.move(job, Status.SUCCESS)
        await _next_count(scaler)
        values.append(await scaler.value(ref))
        instance.add_jobs(seen, 9)
        values.append(int(await scaler.counted(ref, 9)))
        scaler.gitlab.faults.clear()
        values.append(int(await scaler.counted(ref, 12)))
        flags.append((await scaler.metrics())[truncated])
    assert values == [7, 7, 7, 9, 12]
    assert flags == [0, 1, 0]


async def test_access_lost(tmp_path: Path) -> None:
    """A token that loses its access sees 404 for every project: that is no empty group."""
    clock = Time()
    async with with_gitlab(tmp_path, clock=clock) as scaler:
        instance, user = scaler.gitlab.instance, scaler.gitlab.token.user
        group = instance.add_group("team")
        for name in ("one", "two"):
            instance.add_jobs(instance.add_project(name, group), 2)
        user.auditor, user.roles["team"] = False, Role.REPORTER
        ref = scaler.ref(groupId="team", maxStaleSeconds="5")
        values = [await scaler.counted(ref)]
        user.roles.clear()
        (poller,) = scaler.app.pollers
        await until(lambda: poller.error is not None)
        values.append(await scaler.outcome(ref))
        clock.now += 6
        values.append(await scaler.outcome(ref))
    assert values == [4, 4, "UNAVAILABLE"]


async def test_half_a_group_never_seen(tmp_path: Path) -> None:
    """After a start, half a group is no answer, however long that lasts, until it was counted in full once."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        seen, hidden = instance.add_project("seen", group), instance.add_project("hidden", group)
        instance.add_jobs(seen, 4)
        instance.add_jobs(hidden, 3)
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        ref = scaler.ref(groupId="team", maxStaleSeconds="5")
        await scaler.outcome(ref)
        await _truncated(scaler)
        await _next_count(scaler)
        early = await scaler.refusal(ref)
        scaler.gitlab.faults.clear()
        values = [await scaler.counted(ref)]
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        await _truncated(scaler)
        # Another selection that never asked before, and a limit of age of its own.
        values.append(await scaler.value(scaler.ref(groupId="team", tags="a", runUntagged="true")))
    assert (early[0], values) == ("UNAVAILABLE", [7, 7])
    assert "4 jobs at least, and never counted in full: project 2: GitLab answered 500" in early[1]


async def test_lower_bounds_keep_one_full_count(tmp_path: Path) -> None:
    """Of all the counts before, only the last full one is kept: memory does not grow with the rounds."""
    async with with_gitlab(tmp_path) as scaler:
        await scaler.counted(scaler.ref(projectId=_project(scaler.gitlab, 3)))
        (poller,) = scaler.app.pollers
        for _ in range(3):
            await _next_count(scaler)
        assert poller.snapshot is not None
        kept = poller.snapshot.last_full
    assert kept is None


async def test_max_pages(tmp_path: Path) -> None:
    """Where maxPages cut the list: a flagged lower bound; of jobs that match none of those read, no answer."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 1, tags=["old"])
        instance.add_jobs(project, 250, tags=["new"])
        asked = {"projectId": str(project.id), "maxPages": "2"}
        value = await scaler.counted(scaler.ref(tags="new", **asked))
        refusal = await scaler.refusal(scaler.ref(tags="old", **asked))
        flags = [value for name, value in (await scaler.metrics()).items() if "truncated" in name]
    assert (value, refusal[0], flags) == (200, "UNAVAILABLE", [1])
    assert "0 jobs, but not all could be counted: maxPages reached: project 1" in refusal[1]


async def test_instance_without_admin(tmp_path: Path) -> None:
    """GitLab shows the instance's jobs to administrators only, as an empty list to others: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        _project(scaler.gitlab, 3)
        ref = scaler.ref(instance="true")
        await _failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "the token is not an administrator's" in refusal[1]


async def test_runner_that_is_not_ours(tmp_path: Path) -> None:
    """GitLab lists no jobs of a runner that the token's user does not manage: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        _project(scaler.gitlab, 3)
        runner = scaler.gitlab.instance.add_runner(concurrent=1)
        refs = [
            scaler.ref(instance="true", runnerId=str(runner.id), count=count)
            for count in ("pending", "pending+running")
        ]
        refusals = []
        for ref in refs:
            await _failed(scaler, ref)
            refusals.append((await scaler.refusal(ref))[0])
    assert refusals == ["UNAVAILABLE", "UNAVAILABLE"]


async def test_gitlab_too_old_for_runners(tmp_path: Path) -> None:
    """Before 18.1 GitLab cannot match jobs with a runner: no answer, and the reason."""
    async with with_gitlab(tmp_path) as scaler:
        group = scaler.gitlab.instance.add_group("team")
        runner = scaler.gitlab.instance.add_runner(groups=[group])
        scaler.gitlab.token.user.roles["team"] = Role.MAINTAINER
        scaler.gitlab.version.compatible_runner = False
        ref = scaler.ref(instance="true", runnerId=str(runner.id))
        await _failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "compatibleRunnerId" in refusal[1]


async def test_group_without_projects_to_see(tmp_path: Path) -> None:
    """A token that sees the group but none of its projects has no empty queue: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        scaler.gitlab.instance.add_group("team")
        ref = scaler.ref(groupId="team")
        await _failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "group team has no project with CI that this token can see" in refusal[1]


async def test_denied_is_not_asked_again_at_once(tmp_path: Path) -> None:
    """After 401 the next call waits a minute, whatever the interval, and nobody retries; others go on."""
    async with with_gitlab(tmp_path) as scaler:
        denied = _project(scaler.gitlab, 3)
        other = scaler.gitlab.instance.add_project("other", scaler.gitlab.instance.add_group("other"))
        scaler.gitlab.faults.status(401, f"/projects/{denied}$")
        await _failed(scaler, scaler.ref(projectId=denied))
        await scaler.counted(scaler.ref(projectId=str(other.id)))
        await until(lambda: len(scaler.gitlab.record.matching(f"/projects/{other.id}/jobs$")) > 5)  # intervals
        calls = len(scaler.gitlab.record.matching(f"/projects/{denied}(/|$)"))
    assert calls == 1


async def test_denied_is_not_asked_again_by_events(tmp_path: Path) -> None:
    """Once a token is known to be no good, job events cause no calls: at most those under way meet it too."""
    async with with_gitlab(tmp_path, adjust=_rarely) as scaler:
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
        ref = scaler.ref(projectId=_project(scaler.gitlab, 3))
        await _failed(scaler, ref)
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
    async with with_gitlab(tmp_path, adjust=_rarely) as scaler:
        number = _project(scaler.gitlab, 3)
        scaler.gitlab.faults.status(500, JOBS, times=2)
        value = await scaler.counted(scaler.ref(projectId=number))
        scaler.gitlab.faults.status(500, JOBS)
        await _failed(scaler, scaler.ref(projectId=number, maxPages="9"))
        statuses = [call.status for call in scaler.gitlab.record.matching(JOBS)]
    assert (value, statuses) == (3, [500, 500, 200, 500, 500, 500])


def _rarely(settings: Settings) -> Settings:
    return replace(settings, poll_interval=600.0)


async def _called(scaler: Harness) -> None:
    """Waits until a call to GitLab has ended, well or not."""
    await until(lambda: any(metric.samples for metric in scaler.app.metrics.calls.collect()))


async def _failed(scaler: Harness, ref: pb.ScaledObjectRef) -> None:
    """Waits until the count of `ref` has failed as a whole."""
    await scaler.outcome(ref)
    poller = list(scaler.app.pollers)[-1]
    await until(lambda: poller.error is not None)


async def _next_count(scaler: Harness) -> None:
    """Waits for a count that was asked for after now."""
    (poller,) = scaler.app.pollers
    asked = time.monotonic()
    await until(lambda: poller.snapshot is not None and poller.snapshot.taken_at > asked)


async def _truncated(scaler: Harness) -> None:
    """Waits until the count is flagged as a lower bound."""
    (poller,) = scaler.app.pollers
    await until(lambda: poller.snapshot is not None and poller.snapshot.truncated)
