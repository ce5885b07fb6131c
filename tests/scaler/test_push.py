"""The push path: streams that tell what changed at once, and the events of `hook` that make it be counted again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest

from scaler import externalscaler_pb2 as pb
from scaler.queue import Counted
from scaler.service import _is_news
from scaler.snapshot import Answer
from tests.gitlab.model import Project, Status
from tests.scaler.harness import Harness, Time, rarely, until, with_gitlab
from tests.support.waiting import PATIENCE_SECONDS


def _project(scaler: Harness, name: str = "app") -> Project:
    instance = scaler.gitlab.instance
    return instance.add_project(name, instance.find_group("team") or instance.add_group("team"))


class Pushed:
    """What a stream has pushed so far."""

    def __init__(self, stream: grpc.aio.UnaryStreamCall[pb.ScaledObjectRef, pb.IsActiveResponse]) -> None:
        self.stream = stream
        self.results: list[bool] = []

    async def next(self) -> bool:
        """The next one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await self.stream.read()
        assert isinstance(answer, pb.IsActiveResponse)
        self.results.append(answer.result)
        return answer.result


@asynccontextmanager
async def watching(scaler: Harness, ref: pb.ScaledObjectRef) -> AsyncIterator[Pushed]:
    """A stream of a ScaledObject's activity, as KEDA opens it."""
    stream = scaler.stub.StreamIsActive(ref)
    try:
        yield Pushed(stream)
    finally:
        stream.cancel()


def event(project: Project, number: int, status: str = "pending", **attributes: str) -> dict[str, object]:
    """The event of a job, as `hook` posts it."""
    return {
        "specversion": "1.0",
        "type": "dev.hookrunner.job.changed.v1",
        "source": f"/gitlab/projects/{project.id}",
        "id": f"delivery-{number}",
        "subject": f"{project.id}/{number}",
        "data": {"status": status, "projectId": project.id, "jobId": number},
        **attributes,
    }


async def post(scaler: Harness, *events: dict[str, object]) -> list[int]:
    """Posts events one by one; the statuses of the answers."""
    headers = {"content-type": "application/cloudevents+json"}
    return [(await scaler.http("POST", "/", json=one, headers=headers)).status_code for one in events]


async def outcomes(scaler: Harness) -> dict[str, float]:
    """How many events had which outcome."""
    prefix = 'hookrunner_scaler_events_total{outcome="'
    metrics = await scaler.metrics()
    return {name[len(prefix) : -2]: value for name, value in metrics.items() if name.startswith(prefix)}


async def test_stream(tmp_path: Path) -> None:
    """The state at once, then what changes; true again at each count while it is active."""
    async with with_gitlab(tmp_path) as scaler:
        project = _project(scaler)
        async with watching(scaler, scaler.ref(projectId=str(project.id))) as pushed:
            await pushed.next()
            job = scaler.gitlab.instance.add_job(project)
            await pushed.next()
            await pushed.next()
            scaler.gitlab.instance.move(job, Status.SUCCESS)
            while await pushed.next():
                pass
    assert pushed.results[:3] == [False, True, True]
    assert pushed.results[-1] is False


@pytest.mark.parametrize(
    ("last", "answer", "news"),
    [
        pytest.param(None, (False, 1), True, id="the-first"),
        pytest.param((False, 1), (True, 1), True, id="active-now"),
        pytest.param((True, 1), (False, 1), True, id="no-longer-active"),
        pytest.param((True, 1), (True, 1), False, id="active-within-a-round"),
        pytest.param((True, 1), (True, 2), True, id="active-after-a-round"),
        pytest.param((False, 1), (False, 2), False, id="inactive-after-a-round"),
    ],
)
def test_what_a_stream_tells(last: tuple[bool, int] | None, answer: tuple[bool, int], news: bool) -> None:
    """A change at once; that it is active once a round, however often a round publishes what it has."""
    told = [one and Answer(1, one[0], Counted(()), 0.0, truncated=False, rounds=one[1]) for one in (last, answer)]
    assert told[1] is not None
    assert _is_news(told[1], told[0]) == news


async def test_stream_is_silent_while_unknown(tmp_path: Path) -> None:
    """Nothing is pushed before the first count: unknown is not inactive."""
    async with with_gitlab(tmp_path) as scaler:
        project = _project(scaler)
        scaler.gitlab.instance.add_job(project)
        scaler.gitlab.faults.status(503)
        async with watching(scaler, scaler.ref(projectId=str(project.id))) as pushed:
            first = asyncio.create_task(pushed.next())
            await until(lambda: scaler.app.service.streams == 1)
            (poller,) = scaler.app.pollers
            for _ in range(2):
                poller._error = None
                await until(lambda: poller.error is not None)  # a round that told nothing
            silent = not first.done()
            scaler.gitlab.faults.clear()
            assert (silent, await first) == (True, True)


async def test_activation_target(tmp_path: Path) -> None:
    """Active means strictly above the activation target, in the stream and in IsActive."""
    async with with_gitlab(tmp_path) as scaler:
        project = _project(scaler)
        scaler.gitlab.instance.add_jobs(project, 5)
        ref = scaler.ref(projectId=str(project.id), activationTargetQueueLength="5")
        async with watching(scaler, ref) as pushed:
            first = await pushed.next(), (await scaler.stub.IsActive(ref)).result, await scaler.value(ref)
            scaler.gitlab.instance.add_job(project)
            then = await pushed.next(), (await scaler.stub.IsActive(ref)).result, await scaler.value(ref)
    assert (first, then) == ((False, False, 5), (True, True, 6))


async def test_job_that_becomes_old_enough(tmp_path: Path) -> None:
    """A stream wakes when a job has waited minQueuedSeconds, without another count."""
    wall = Time()
    async with with_gitlab(tmp_path, wall, adjust=rarely) as scaler:
        project = _project(scaler)
        scaler.gitlab.instance.add_job(project)
        async with watching(scaler, scaler.ref(projectId=str(project.id), minQueuedSeconds="1")) as pushed:
            young = await pushed.next()
            wall.now += 2
            assert (young, await pushed.next()) == (False, True)


async def test_event_counts_again(tmp_path: Path) -> None:
    """A job's event has its project counted again at once, and only its project, in a group."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        project, other = _project(scaler), _project(scaler, "other")
        ref = scaler.ref(groupId="team")
        async with watching(scaler, ref) as pushed:
            await pushed.next()
            scaler.gitlab.record.clear()
            scaler.gitlab.instance.add_jobs(project, 3)
            statuses = await post(scaler, event(project, 1))
            await pushed.next()
            value = await scaler.value(ref)
    assert (statuses, pushed.results, value) == ([204], [False, True], 3)
    assert [call.path for call in scaler.gitlab.record.matching("/jobs$")] == [f"/api/v4/projects/{project.id}/jobs"]
    assert other.id != project.id


async def test_burst_of_events(tmp_path: Path) -> None:
    """A hundred events at once are one count; an event that comes during it leads to another."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        project = _project(scaler)
        ref = scaler.ref(projectId=str(project.id))
        await scaler.counted(ref)
        scaler.gitlab.record.clear()
        scaler.gitlab.instance.add_jobs(project, 50)
        heard = [scaler.app.pollers.job_changed(project.id) for _ in range(100)]
        scaler.gitlab.faults.slow(0.5, "/jobs$", times=1)
        await until(lambda: len(scaler.gitlab.record.matching("/jobs$")) == 1)
        scaler.gitlab.instance.add_job(project)
        scaler.app.pollers.job_changed(project.id)
        value = await scaler.counted(ref, 51)
        calls = len(scaler.gitlab.record.matching("/jobs$"))
    assert (heard, value, calls) == ([1] * 100, 51, 2)


async def test_event_during_a_round(tmp_path: Path) -> None:
    """What an event had counted while a round was under way is not undone by the round's older count."""
    async with with_gitlab(tmp_path, adjust=lambda settings: replace(settings, poll_interval=0.5)) as scaler:
        early, late = _project(scaler, "early"), _project(scaler, "late")
        ref = scaler.ref(groupId="team")
        await scaler.counted(ref, 0)
        (poller,) = scaler.app.pollers
        scaler.gitlab.faults.slow(3, f"/projects/{late.id}/jobs")
        before = poller.snapshot
        await until(lambda: poller.snapshot is not before)  # the next round waits for `late` now, or soon
        scaler.gitlab.record.clear()
        await until(lambda: len(scaler.gitlab.record.matching(f"/projects/{early.id}/jobs")) > 0)
        scaler.gitlab.instance.add_job(early)
        scaler.app.pollers.job_changed(early.id)
        seen = [await scaler.counted(ref, 1)]
        recounted = poller.snapshot
        while poller.snapshot is recounted:
            seen.append(await scaler.value(ref))
        seen.append(await scaler.value(ref))
    assert set(seen) == {1}


async def test_what_changes_nothing(tmp_path: Path) -> None:
    """Duplicates, late events, events of others and nonsense: the answers are right, and no job is added."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        project, foreign = _project(scaler), Project(999, "x", scaler.gitlab.instance.add_group("foreign"))
        job = scaler.gitlab.instance.add_job(project)
        ref = scaler.ref(projectId=str(project.id))
        await scaler.counted(ref, 1)
        done = event(project, job.id, "success")
        statuses = await post(
            scaler,
            done,
            done,  # a duplicate
            event(project, 7, time="2020-01-01T00:00:00Z"),  # late
            event(foreign, 8),
            event(project, 9, type="dev.hookrunner.node.removed.v1"),
            event(project, 12, "created"),
            event(project, 10, specversion="0.3"),
            {**event(project, 11), "data": {"status": "pending", "projectId": "many", "jobId": 1}},
            {"not": "an event"},
        )
        await until(lambda: len(scaler.gitlab.record.matching("/jobs$")) >= 2)
        value = await scaler.value(ref)
        counts = await outcomes(scaler)
    assert statuses == [204, 204, 204, 204, 204, 204, 400, 400, 400]
    assert counts == {"recounted": 2, "duplicate": 1, "elsewhere": 1, "ignored": 2, "malformed": 3}
    assert value == 1


async def test_batch_and_binary(tmp_path: Path) -> None:
    """The other two content modes of CloudEvents are read too."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        project = _project(scaler)
        await scaler.counted(scaler.ref(projectId=str(project.id)))
        batch = await scaler.http(
            "POST",
            "/events",
            json=[event(project, 1), event(project, 2)],
            headers={"content-type": "application/cloudevents-batch+json"},
        )
        headers = {f"ce-{name}": value for name, value in event(project, 3).items() if isinstance(value, str)}
        binary = await scaler.http("POST", "/", json=event(project, 3)["data"], headers=headers)
        counts = await outcomes(scaler)
    assert (batch.status_code, binary.status_code, counts) == (204, 204, {"recounted": 3})


async def test_metric_spec_stream(tmp_path: Path) -> None:
    """The spec at once, the same as GetMetricSpec's; then the stream stays open."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=str(_project(scaler).id), targetQueueLength="10")
        stream = scaler.stub.StreamMetricSpec(ref)
        streamed = await stream.read()
        asked = await scaler.stub.GetMetricSpec(ref)
        stays = scaler.app.service.streams
    assert (streamed, stays) == (asked, 1)
    spec = pb.MetricSpec(metricName="hookrunner-gitlab-queue", targetSize=10, targetSizeFloat=10.0)
    assert asked == pb.GetMetricSpecResponse(metricSpecs=[spec])


async def test_streams_end_in_order(tmp_path: Path) -> None:
    """At the end of the scaler a stream ends without an error, so that KEDA connects again soon."""
    async with with_gitlab(tmp_path) as scaler:
        ref = scaler.ref(projectId=str(_project(scaler).id))
        active, spec = scaler.stub.StreamIsActive(ref), scaler.stub.StreamMetricSpec(ref)
        await active.read()
        await spec.read()
        scaler.app.service.stop()
        ends = [await active.read(), await spec.read()]
    assert ends == [grpc.aio.EOF, grpc.aio.EOF]
