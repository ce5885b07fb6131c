"""A Deployment of runner managers follows the queue, by real KEDA."""

import pytest

from tests.e2e_keda.kube import NAMESPACE, apply, items, kubectl, replicas, stays, wait_for
from tests.e2e_keda.world import World, deployment, scaled_object
from tests.gitlab.model import Status

pytestmark = pytest.mark.e2e


def test_zero_to_n_to_zero(world: World) -> None:
    """0 -> N -> 0 as the queue rises and falls; the first job comes by push, minutes before KEDA's next poll."""
    name = "managers"
    project = world.project(name)
    trigger = world.trigger("external-push", project, targetQueueLength="2")
    apply(deployment(name), scaled_object(name, trigger, polling=300))
    wait_for("the ScaledObject is ready", lambda: _condition(name, "Ready") == "True")
    stays("nothing waits, nothing runs", lambda: replicas(name) == 0, 10)

    jobs = world.gitlab.instance.add_jobs(project, 1)
    wait_for("one job: one manager, by push", lambda: replicas(name) == 1, 60)
    jobs += world.gitlab.instance.add_jobs(project, 9)
    wait_for("ten jobs: five managers of two", lambda: replicas(name) == 5)
    for job in jobs[:6]:
        world.gitlab.instance.move(job, Status.RUNNING)
    stays("running jobs keep their managers", lambda: replicas(name) == 5, 30)
    for job in jobs[:6]:
        world.gitlab.instance.move(job, Status.SUCCESS)
    wait_for("four jobs: two managers", lambda: replicas(name) == 2)
    for job in jobs[6:]:
        world.gitlab.instance.move(job, Status.SUCCESS)
    kubectl(
        "patch", "scaledobject", name, "-n", "gitlab-runners", "--type=merge", "-p", '{"spec":{"pollingInterval":5}}'
    )
    wait_for("no jobs: none", lambda: replicas(name) == 0)


def test_activation(world: World) -> None:
    """Jobs up to the activation target start nothing; one more does."""
    name = "patient"
    project = world.project(name)
    trigger = world.trigger("external", project, activationTargetQueueLength="2")
    apply(deployment(name), scaled_object(name, trigger, polling=5))
    world.gitlab.instance.add_jobs(project, 2)
    wait_for("the ScaledObject is ready", lambda: _condition(name, "Ready") == "True")
    stays("two jobs, and nothing is started", lambda: replicas(name) == 0, 30)
    world.gitlab.instance.add_jobs(project, 1)
    wait_for("three jobs: three managers", lambda: replicas(name) == 3)


def test_unknown_is_not_zero(world: World) -> None:
    """While GitLab is away the managers stay, also beyond maxStaleSeconds; then they follow again."""
    name = "steady"
    project = world.project(name)
    trigger = world.trigger("external", project, maxStaleSeconds="10")
    apply(deployment(name), scaled_object(name, trigger, polling=5))
    jobs = world.gitlab.instance.add_jobs(project, 4)
    wait_for("four jobs: four managers", lambda: replicas(name) == 4)
    world.gitlab.faults.status(503)
    for job in jobs:
        world.gitlab.instance.move(job, Status.SUCCESS)
    stays("GitLab is away: four managers", lambda: replicas(name) == 4, 60)
    said = [event["message"] for event in items("events") if "503" in event.get("message", "")]
    world.gitlab.faults.clear()
    wait_for("GitLab is back: none", lambda: replicas(name) == 0)
    assert said != []


def _condition(name: str, kind: str) -> str:
    query = f"jsonpath={{.status.conditions[?(@.type=='{kind}')].status}}"
    return kubectl("get", "scaledobject", name, "--namespace", NAMESPACE, "-o", query)
