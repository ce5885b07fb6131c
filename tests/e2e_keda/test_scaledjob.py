"""One-shot runners: real KEDA starts a Job for each GitLab job, and no more."""

import threading
import time
from typing import Self

import pytest

from tests.e2e_keda.kube import apply, items, say, stays, wait_for
from tests.e2e_keda.world import World, scaled_job
from tests.gitlab.model import Job, Project, Status

pytestmark = pytest.mark.e2e

RUNS = 12
"""Seconds that a runner's pod lives; its GitLab job ends four seconds before."""


class Runners:
    """What the runners in the Jobs' pods do at GitLab: each new Job takes the oldest pending job, and finishes it."""

    def __init__(self, world: World, project: Project) -> None:
        self.seen: set[str] = set()
        self.idle = 0
        self._world, self._project = world, project
        self._running: list[tuple[float, Job]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self) -> Self:
        """Begins."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends."""
        self._stop.set()
        self._thread.join()

    def _live(self) -> None:
        while not self._stop.wait(0.3):
            for found in items("jobs"):
                name = found["metadata"]["name"]
                if name not in self.seen:
                    self.seen.add(name)
                    self._take()
            self._finish()

    def _take(self) -> None:
        instance = self._world.gitlab.instance
        with instance.lock:
            waiting = list(instance.jobs.walk(self._project.id, [Status.PENDING], descending=False))
            if not waiting:
                self.idle += 1
                return
            instance.move(waiting[0], Status.RUNNING)
            self._running.append((time.monotonic() + RUNS - 4, waiting[0]))

    def _finish(self) -> None:
        now = time.monotonic()
        for ends, job in [one for one in self._running if one[0] <= now]:
            self._world.gitlab.instance.move(job, Status.SUCCESS)
            self._running.remove((ends, job))


@pytest.mark.parametrize(("strategy", "count"), [("default", "pending+running"), ("accurate", "pending")])
def test_a_job_for_each(world: World, strategy: str, count: str) -> None:
    """As the queue rises and falls, exactly as many Jobs are started as jobs came; each finds one to do."""
    project = world.project(f"once-{strategy}")
    trigger = world.trigger("external", project, count=count)
    apply(scaled_job("once", trigger, strategy=strategy, runs=RUNS))
    instance = world.gitlab.instance
    with Runners(world, project) as runners:
        stays("nothing waits, nothing starts", lambda: not runners.seen, 10)
        jobs = instance.add_jobs(project, 3)
        wait_for("three jobs: three Jobs", lambda: len(runners.seen) == 3)
        jobs += instance.add_jobs(project, 2)
        wait_for("two more while they run: two more Jobs", lambda: len(runners.seen) == 5)
        wait_for("all are done", lambda: all(job.status is Status.SUCCESS for job in jobs))
        stays("and no more are started", lambda: len(runners.seen) == 5, 20)
        jobs += instance.add_jobs(project, 4)
        wait_for("four later: four Jobs", lambda: len(runners.seen) == 9)
        wait_for("all are done", lambda: all(job.status is Status.SUCCESS for job in jobs))
        stays("and no more are started", lambda: len(runners.seen) == 9, 20)
        say(f"{len(jobs)} jobs, {len(runners.seen)} Jobs, {runners.idle} of them without work")
    assert (len(runners.seen), runners.idle) == (len(jobs), 0)
