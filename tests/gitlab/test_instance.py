"""What an instance holds, and how its jobs get their times."""

from dataclasses import asdict

import pytest

from tests.gitlab.clock import START, SimulatedClock
from tests.gitlab.instance import Instance
from tests.gitlab.model import Job, Runner, Status


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `instance`."""
    return SimulatedClock()


@pytest.fixture
def instance(clock: SimulatedClock) -> Instance:
    """Make an instance with two groups, a subgroup, and a project in each."""
    instance = Instance(clock)
    platform, tools = instance.add_group("platform"), instance.add_group("tools")
    build = instance.add_group("build", platform)
    instance.add_project("api", platform)
    instance.add_project("cc", build, shared_with=[tools])
    instance.add_project("old", build, archived=True)
    instance.add_project("lint", tools, shared_with=[platform])
    return instance


@pytest.mark.parametrize(
    ("include_subgroups", "with_shared", "archived", "paths"),
    [
        pytest.param(False, False, None, ["platform/api"], id="own"),
        pytest.param(True, False, None, ["platform/build/old", "platform/build/cc", "platform/api"], id="subgroups"),
        pytest.param(True, False, False, ["platform/build/cc", "platform/api"], id="without archived"),
        pytest.param(True, False, True, ["platform/build/old"], id="archived only"),
        pytest.param(False, True, None, ["tools/lint", "platform/api"], id="shared"),
    ],
)
def test_projects_of_a_group(
    instance: Instance, include_subgroups: bool, with_shared: bool, archived: bool | None, paths: list[str]
) -> None:
    """A group's projects are its own, its subgroups' and those shared with it, as asked for."""
    found = instance.projects_of(
        instance.groups[1], include_subgroups=include_subgroups, with_shared=with_shared, archived=archived
    )

    assert [project.full_path for project in found] == paths


@pytest.mark.parametrize(
    ("key", "project"),
    [
        pytest.param("2", 2, id="id"),
        pytest.param("platform/build/cc", 2, id="path"),
        pytest.param("platform/api-v1", 1, id="former path"),
        pytest.param("9", None, id="no such id"),
        pytest.param("platform", None, id="a group's path"),
    ],
)
def test_find_project(instance: Instance, key: str, project: int | None) -> None:
    """A project is found by its id and by its paths, the former ones too."""
    instance.projects[1].path = "api-v1"
    instance.rename_project(instance.projects[1], "api")

    found = instance.find_project(key)

    assert (found.id if found else None) == project


def _times(job: Job) -> dict[str, float | None]:
    names = ("created_at", "queued_at", "started_at", "finished_at")
    return {name: None if (at := getattr(job, name)) is None else at - START for name in names}


def test_a_job_gets_its_times(instance: Instance, clock: SimulatedClock) -> None:
    """A job that goes its way has the time of each step, and the lengths of waiting and running."""
    job = instance.add_job(instance.projects[1], status=Status.CREATED)
    seen = []
    for status in (Status.PREPARING, Status.PENDING, Status.RUNNING, Status.SUCCESS):
        clock.advance(10)
        instance.move(job, status)
        seen.append((job.queued(clock()), job.ran(clock())))
    clock.advance(100)

    assert _times(job) == {"created_at": 0, "queued_at": 20, "started_at": 30, "finished_at": 40}
    assert seen == [(None, None), (0, None), (10, 0), (10, 10)]
    assert (job.queued(clock()), job.ran(clock())) == (10, 10)


def test_a_job_that_waits_gets_older(instance: Instance, clock: SimulatedClock) -> None:
    """While a job is pending its time in the queue grows."""
    job = instance.add_job(instance.projects[1])
    clock.advance(75)

    assert job.queued(clock()) == 75


def test_a_job_may_begin_as_anything(instance: Instance) -> None:
    """A job that is added as running or finished has the times and the reason that go with it."""
    running = instance.add_job(instance.projects[1], status=Status.RUNNING)
    failed = instance.add_job(instance.projects[1], status=Status.FAILED)

    assert _times(running) == {"created_at": 0, "queued_at": 0, "started_at": 0, "finished_at": None}
    assert (failed.finished_at, failed.failure_reason) == (START, "script_failure")


def test_a_runner_counts_its_jobs(instance: Instance) -> None:
    """A runner is busy with the jobs that it has and has not finished."""
    runner = instance.add_runner(concurrent=2)
    jobs = [
        instance.add_job(instance.projects[1], status=Status.RUNNING, runner=runner),
        instance.add_job(instance.projects[1]),
    ]
    loads = [runner.running]
    for job, status in ((jobs[1], Status.RUNNING), (jobs[0], Status.CANCELING), (jobs[0], Status.CANCELED)):
        instance.move(job, status, runner=runner)
        loads.append(runner.running)

    assert loads == [1, 2, 2, 1]


def test_watchers_see_every_status(instance: Instance) -> None:
    """A watcher is told after each change, the first status included."""
    seen: list[tuple[int, Status]] = []
    instance.watchers.append(lambda job: seen.append((job.id, job.status)))
    job = instance.add_job(instance.projects[1])
    instance.move(job, Status.RUNNING)

    assert seen == [(1, Status.PENDING), (1, Status.RUNNING)]


def test_a_runners_type_follows_from_its_scope(instance: Instance) -> None:
    """A runner of groups, of projects and of the instance each have their type."""
    instance.add_runner(groups=[instance.groups[1]])
    instance.add_runner(projects=[instance.projects[1]])
    instance.add_runner()

    assert [runner.type for runner in instance.runners.values()] == ["group_type", "project_type", "instance_type"]


@pytest.mark.parametrize(
    ("runner_tags", "run_untagged", "scope", "job_tags", "matches"),
    [
        pytest.param([], True, [], [], True, id="untagged"),
        pytest.param([], False, [], [], False, id="untagged, but the runner wants tags"),
        pytest.param(["k8s", "arm"], False, [], ["k8s"], True, id="one of the runner's tags"),
        pytest.param(["k8s"], True, [], ["k8s", "gpu"], False, id="one tag too many"),
        pytest.param(["k8s"], True, [], ["K8s"], False, id="another case"),
        pytest.param(["k8s"], False, ["platform"], ["k8s"], True, id="group above the project"),
        pytest.param(["k8s"], False, ["platform/build/cc"], ["k8s"], True, id="project"),
        pytest.param(["k8s"], False, ["tools"], ["k8s"], False, id="another group"),
        pytest.param(["k8s"], False, ["platform/build/c"], ["k8s"], False, id="a path that only begins alike"),
    ],
)
def test_runner_matches(
    instance: Instance,
    *,
    runner_tags: list[str],
    run_untagged: bool,
    scope: list[str],
    job_tags: list[str],
    matches: bool,
) -> None:
    """A runner takes a job whose tags are all its own, of a project in its scope."""
    runner = Runner(1, "", "", frozenset(runner_tags), run_untagged, frozenset(scope), 1)
    job = instance.add_job(instance.projects[2], tags=job_tags)

    assert runner.matches(job) is matches


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        pytest.param([], "created", id="no job yet"),
        pytest.param(["success", "running", "failed"], "running", id="one runs"),
        pytest.param(["success", "pending"], "pending", id="one waits"),
        pytest.param(["success", "failed", "canceled"], "failed", id="one failed"),
        pytest.param(["success", "skipped"], "success", id="all done"),
    ],
)
def test_pipeline_status(instance: Instance, statuses: list[str], expected: str) -> None:
    """A pipeline's status follows from its jobs'."""
    pipeline = instance.add_pipeline(instance.projects[1])
    for status in statuses:
        job = instance.add_job(instance.projects[1], pipeline=pipeline)
        instance.move(job, Status(status))

    assert pipeline.status == expected


def test_ids_count_up_from_one(instance: Instance) -> None:
    """Each kind of thing has ids of its own."""
    first, second = instance.add_jobs(instance.projects[1], 2)

    assert [first.id, second.id, first.pipeline.id, second.pipeline.id] == [1, 2, 1, 1]
    assert asdict(instance.add_user("ann"))["id"] == 2
