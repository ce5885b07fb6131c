"""Jobs that live by themselves, on a clock that a test moves."""

from collections import Counter

import pytest

from tests.gitlab.clock import START, SimulatedClock
from tests.gitlab.instance import Instance
from tests.gitlab.model import Job, Status
from tests.gitlab.simulation import Life, Simulation


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `instance`."""
    return SimulatedClock()


@pytest.fixture
def instance(clock: SimulatedClock) -> Instance:
    """Make an instance with one project."""
    instance = Instance(clock)
    instance.add_project("api", instance.add_group("platform"))
    return instance


@pytest.fixture
def simulation(instance: Instance) -> Simulation:
    """Make the simulation of `instance`."""
    return Simulation(instance)


def _statuses(instance: Instance) -> dict[Status, int]:
    return dict(Counter(job.status for job in instance.jobs))


def _times(job: Job) -> list[float | None]:
    stamps = (job.created_at, job.queued_at, job.started_at, job.finished_at)
    return [None if it is None else it - START for it in stamps]


def test_a_life(instance: Instance, clock: SimulatedClock, simulation: Simulation) -> None:
    """A job goes through what comes before pending, is taken, runs and ends, however the clock jumps."""
    seen: list[Status] = []
    instance.watchers.append(lambda job: seen.append(job.status))
    instance.add_runner()
    before = ((Status.CREATED, 1), (Status.WAITING_FOR_RESOURCE, 5), (Status.PREPARING, 2))
    job = simulation.add_job(instance.projects[1], Life(before, runs=30, ends=Status.FAILED))
    clock.advance(1000)
    simulation.settle()

    assert seen == [
        Status.CREATED,
        Status.WAITING_FOR_RESOURCE,
        Status.PREPARING,
        Status.PENDING,
        Status.RUNNING,
        Status.FAILED,
    ]
    assert _times(job) == [0, 8, 8, 38]


def test_nothing_moves_before_its_time(instance: Instance, clock: SimulatedClock, simulation: Simulation) -> None:
    """A job that has not waited long enough is still where it was."""
    instance.add_runner()
    job = simulation.add_job(instance.projects[1], Life(((Status.CREATED, 10),), runs=5))
    seen = []
    for seconds in (9, 1, 4, 1):
        clock.advance(seconds)
        simulation.settle()
        seen.append(job.status)

    assert seen == [Status.CREATED, Status.RUNNING, Status.RUNNING, Status.SUCCESS]


def test_a_runner_takes_what_it_matches(instance: Instance, simulation: Simulation) -> None:
    """Without a runner for it a job waits; a paused, an offline and a full runner take nothing."""
    jobs = [instance.add_job(instance.projects[1], tags=tags) for tags in (["k8s"], ["gpu"], ["k8s"], [], ["arm"])]
    instance.add_runner(tags=["k8s"], run_untagged=False)
    paused, offline = instance.add_runner(tags=["gpu"]), instance.add_runner(tags=["arm"])
    paused.paused, offline.online = True, False
    simulation.settle()

    assert [job.status.value for job in jobs] == ["running", "pending", "pending", "pending", "pending"]


def test_the_oldest_goes_first(instance: Instance, clock: SimulatedClock, simulation: Simulation) -> None:
    """A runner with two places has two jobs at a time, and each place is filled as soon as it is free."""
    instance.add_runner(concurrent=2)
    jobs = [simulation.add_job(instance.projects[1], Life(runs=runs)) for runs in (10, 25, 10, 10)]
    clock.advance(60)
    simulation.settle()

    assert [_times(job)[2:] for job in jobs] == [[0, 10], [0, 25], [10, 20], [20, 30]]


def test_a_cancelled_job_stays_cancelled(instance: Instance, clock: SimulatedClock, simulation: Simulation) -> None:
    """What a person did to a running job is not undone when its time is over."""
    instance.add_runner()
    job = simulation.add_job(instance.projects[1], Life(runs=10))
    simulation.settle()
    instance.move(job, Status.CANCELED)
    clock.advance(10)
    simulation.settle()

    assert job.status is Status.CANCELED


def test_a_job_cancelled_before_it_was_pending(
    instance: Instance, clock: SimulatedClock, simulation: Simulation
) -> None:
    """A job that was cancelled while it was prepared never waits."""
    job = simulation.add_job(instance.projects[1], Life(((Status.PREPARING, 5),)))
    instance.move(job, Status.CANCELED)
    clock.advance(10)
    simulation.settle()

    assert job.status is Status.CANCELED


@pytest.mark.parametrize(
    ("times", "after_a_minute"),
    [
        pytest.param(None, {Status.PENDING: 14}, id="for ever"),
        pytest.param(3, {Status.PENDING: 6}, id="three times"),
    ],
)
def test_arrivals(
    instance: Instance,
    clock: SimulatedClock,
    simulation: Simulation,
    times: int | None,
    after_a_minute: dict[Status, int],
) -> None:
    """Two jobs come every ten seconds, from now on."""
    simulation.arrive(instance.projects[1], every=10, times=times, number=2, tags=["k8s"], life=Life())
    clock.advance(60)
    simulation.settle()

    assert _statuses(instance) == after_a_minute
    assert [job.created_at - START for job in instance.jobs][:6] == [0, 0, 10, 10, 20, 20]
