"""The metrics, with their values: what an operator reads of jobs, ages, calls, answers and failures."""

from pathlib import Path

import pytest

from tests.gitlab.model import Status
from tests.scaler.harness import Time, rarely, until, with_gitlab

PREFIX = "hookrunner_scaler_"


async def test_metrics(tmp_path: Path) -> None:
    """One project with jobs of both statuses, asked for and streamed, then a token that is no good any more."""
    clock = Time()
    async with with_gitlab(tmp_path, adjust=rarely, clock=clock) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        oldest = instance.add_job(project)
        oldest.queued_at = scaler.gitlab.clock() - 90
        instance.add_jobs(project, 2)
        instance.add_job(project, status=Status.RUNNING, runner=instance.add_runner())
        ref, wrong = scaler.ref(projectId=str(project.id)), scaler.ref(projectId="no such thing")
        stream = scaler.stub.StreamIsActive(ref)
        await stream.read()
        (poller,) = scaler.app.pollers
        # The runners are looked at after the count: 403 to this token, which leaves them out.
        await until(lambda: len(scaler.gitlab.record.calls) == 3)
        answers = [await scaler.outcome(ref), await scaler.outcome(ref), await scaler.outcome(wrong)]
        clock.now += 12
        metrics = await scaler.metrics()
        scaler.gitlab.faults.status(401)
        scaler.app.pollers.job_changed(project.id)
        await until(lambda: poller.error is not None)
        denied = await scaler.metrics()
        stream.cancel()
    source, where = f'source="{poller.source.name}"', f'credential="default",gitlab="{scaler.url}"'
    wanted = {
        f'jobs{{{source},status="pending"}}': 3,
        f'jobs{{{source},status="running"}}': 1,
        f"oldest_wait_seconds{{{source}}}": pytest.approx(90, abs=10),
        f"snapshot_age_seconds{{{source}}}": 12,
        f"truncated{{{source}}}": 0,
        f"stale{{{source}}}": 0,
        'answers_total{code="OK"}': 2,
        'answers_total{code="INVALID_ARGUMENT"}': 1,
        "activations_total": 1,
        f'gitlab_calls_total{{code="200",{where}}}': 2,
        f'gitlab_calls_total{{code="403",{where}}}': 1,
        f"paused_seconds{{{where}}}": 0,
    }
    failing = f'{PREFIX}failing{{error="GitLabDenied",{source}}}'
    assert answers == [4, 4, "INVALID_ARGUMENT"]
    assert {name: metrics.get(PREFIX + name) for name in wanted} == wanted
    assert (metrics.get(failing), denied[failing]) == (None, 1)
    assert denied[f'{PREFIX}gitlab_calls_total{{code="401",{where}}}'] == 1
