"""What GitLab is asked, and how often: counted at the fake GitLab."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from scaler.settings import Settings
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.scaler.harness import Harness, credential, rarely, running, until, with_gitlab

PACE = 100
"""The harness' budget a second, so that what holds for a minute shows within a second."""
BURST = 300
"""Three seconds of it."""
SLACK = 0.05
"""Seconds by which the scaler's clock, which is monotonic, may differ from the fake GitLab's meanwhile."""


def _projects(scaler: Harness, number: int) -> list[str]:
    """So many projects of one group with one pending job each; their numbers."""
    instance = scaler.gitlab.instance
    group = instance.add_group("team")
    projects = [instance.add_project(f"app-{index}", group) for index in range(number)]
    for project in projects:
        instance.add_job(project)
    return [str(project.id) for project in projects]


def _always(settings: Settings) -> Settings:
    return replace(settings, poll_interval=0.01)


async def test_calls_do_not_grow_with_scaledobjects(tmp_path: Path) -> None:
    """Fifty ScaledObjects on five queries, each asked many times: the calls of five queries."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        numbers = _projects(scaler, 5)
        # Ten ScaledObjects a project: other tags, targets and activations share its count.
        refs = [
            scaler.ref(projectId=number, tags=f"t{index},x", runUntagged="true", targetQueueLength=str(index + 1))
            for number in numbers
            for index in range(10)
        ]
        for ref in refs:
            await scaler.counted(ref)
        for _ in range(10):
            assert [await scaler.value(ref) for ref in refs] == [1] * 50
        calls = Counter(call.path for call in scaler.gitlab.record.calls)
    wanted = [f"/api/v4/projects/{number}{what}" for number in numbers for what in ("", "/jobs", "/runners")]
    assert calls == dict.fromkeys(wanted, 1)


async def test_group_of_500_projects(tmp_path: Path) -> None:
    """A group of 500 projects, counted without a pause: never above the budget's pace; how fresh it is, is told."""
    async with with_gitlab(tmp_path, adjust=_always) as scaler:
        numbers = _projects(scaler, 500)
        began = time.time()
        assert await scaler.counted(scaler.ref(groupId="team")) == len(numbers)
        await until(lambda: len(scaler.gitlab.record.calls) > len(numbers) + 50)  # the next round is under way
        times = [call.at for call in scaler.gitlab.record.calls]
        metrics = await scaler.metrics()
    (seconds,) = [value for name, value in metrics.items() if name.startswith("hookrunner_scaler_round_seconds")]
    # However busy the machine is, no call comes sooner than the budget fills.
    assert [number for number, at in enumerate(times, 1) if at - began < (number - BURST) / PACE - SLACK] == []
    assert seconds > (len(numbers) - BURST) / PACE - SLACK


@pytest.mark.parametrize("shape", ["json", "text"])
async def test_429_is_shared(tmp_path: Path, shape: str) -> None:
    """A 429 stops every query of the credential for as long as GitLab says, but none of another credential."""
    fake = GitLab(time.time)
    with serve(fake) as url:
        both = {name: credential(fake, url) for name in ("default", "other")}
        async with running(tmp_path, fake, url, both) as scaler:
            *mine, others = _projects(scaler, 5)
            for number in mine:
                await scaler.counted(scaler.ref(projectId=number))
            await scaler.counted(scaler.ref(projectId=others, credential="other"))
            if shape == "json":
                fake.faults.too_many_json(f"/projects/{mine[0]}/jobs", times=1)
            else:
                fake.faults.too_many_text(60, f"/projects/{mine[0]}/jobs", times=1)
            await until(lambda: any(call.status == 429 for call in fake.record.calls))
            await _counts(fake, others, 5)  # by then, the calls that were under way when it came are over
            fake.record.clear()
            await _counts(fake, others, 5)
            asked = {call.path for call in fake.record.matching("/jobs$")}
            metrics = await scaler.metrics()
    paused = f'hookrunner_scaler_paused_seconds{{credential="default",gitlab="{url}"}}'
    assert asked == {f"/api/v4/projects/{others}/jobs"}
    assert 0 < metrics[paused] <= 60


async def test_recovery_without_a_burst(tmp_path: Path) -> None:
    """When GitLab wants to be asked again, the pace holds from the first second on, however many queries wait."""
    async with with_gitlab(tmp_path) as scaler:
        first, *refs = [scaler.ref(projectId=number) for number in _projects(scaler, 40)]
        scaler.gitlab.faults.too_many_text(2, times=1)
        await scaler.outcome(first)
        calls = f'hookrunner_scaler_gitlab_calls_total{{code="429",credential="default",gitlab="{scaler.url}"}}'
        await scaler.reaches(calls, 1)  # and nothing else is under way
        for ref in refs:
            await scaler.outcome(ref)
        for ref in (first, *refs):
            await scaler.counted(ref)
        limited, *times = [call.at for call in scaler.gitlab.record.calls]
    assert len(times) >= 2 * 40
    # One may start when the pause is over, and the budget fills from there on.
    assert [number for number, at in enumerate(times) if at - limited < 2 + (number - 1) / PACE - SLACK] == []


async def test_limit_that_gitlab_announces(tmp_path: Path) -> None:
    """At nothing left of GitLab's own limit, nobody calls until its reset: no 429 ever comes."""
    async with with_gitlab(tmp_path) as scaler:
        (number,) = _projects(scaler, 1)
        scaler.gitlab.limits.general = (10, 2)
        await scaler.counted(scaler.ref(projectId=number))
        await _counts(scaler.gitlab, number, 12)  # more than one window allows
        statuses = {call.status for call in scaler.gitlab.record.matching("/jobs$")}
        scaler.gitlab.limits.general = None
        metrics = await scaler.metrics()
    remaining = f'hookrunner_scaler_rate_remaining{{credential="default",gitlab="{scaler.url}"}}'
    assert statuses == {200}
    assert 0 <= metrics[remaining] < 10


async def _counts(fake: GitLab, project: str, number: int) -> None:
    """Waits until the project's jobs have been asked for so many times more."""
    path = f"/projects/{project}/jobs$"
    before = len(fake.record.matching(path))
    await until(lambda: len(fake.record.matching(path)) >= before + number)
