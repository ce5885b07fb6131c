"""Jobs that live by themselves, on the instance's clock: they come, wait, are taken by runners, run and end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count, pairwise

from tests.gitlab.instance import Instance
from tests.gitlab.model import FINISHED, Job, Project, Runner, Status

Action = Callable[[float], None]


@dataclass(frozen=True)
class Life:
    """How a job goes.

    It has each status of `before` for some seconds, then is pending until a runner takes it, runs for `runs` seconds
    and ends as `ends`.
    """

    before: tuple[tuple[Status, float], ...] = ()
    runs: float = 60.0
    ends: Status = Status.SUCCESS


_PLAIN = Life()


class Simulation:
    """Moves an instance's jobs. Nothing happens by itself: `settle` does what is due by the instance's clock.

    A runner that is online, not paused and not full takes the oldest pending job that it matches, also one that was
    added by hand.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._events: list[tuple[float, int, Action]] = []
        self._order = count()
        self._lives: dict[int, Life] = {}

    def schedule(self, at: float, action: Action) -> None:
        """Have `action` called with the time `at` (seconds since the epoch) when that time has come."""
        heappush(self._events, (at, next(self._order), action))

    def arrive(
        self, project: Project, *, every: float, times: int | None, number: int, tags: Iterable[str], life: Life
    ) -> None:
        """Let `number` jobs arrive now and then every `every` seconds, `times` times in all (None: for ever)."""
        labels = tuple(tags)
        left = count() if times is None else iter(range(times))

        def batch(now: float) -> None:
            if next(left, None) is None:
                return
            for _ in range(number):
                self.add_job(project, life, tags=labels, at=now)
            self.schedule(now + every, batch)

        self.schedule(self._instance.clock(), batch)

    def add_job(
        self, project: Project, life: Life = _PLAIN, *, tags: Iterable[str] = (), at: float | None = None
    ) -> Job:
        """Add a job that begins its life now, or began it `at`."""
        start = self._instance.clock() if at is None else at
        stages = [*life.before, (Status.PENDING, 0.0)]
        job = self._instance.add_job(project, status=stages[0][0], tags=tags, at=start)
        self._lives[job.id] = life
        # Runners look for work after each event: a job that is pending at once must not wait for the next one.
        self.schedule(start, lambda _: None)
        for (_, seconds), (status, _) in pairwise(stages):
            start += seconds
            self.schedule(start, partial(self._step, job, status))
        return job

    def settle(self) -> None:
        """Do all that is due by now, each at its own time."""
        now = self._instance.clock()
        with self._instance.lock:
            while self._events and self._events[0][0] <= now:
                at, _, action = heappop(self._events)
                action(at)
                self._assign(at)
            self._assign(now)

    def _step(self, job: Job, status: Status, at: float) -> None:
        # A person may have cancelled it meanwhile.
        if job.status not in FINISHED:
            self._instance.move(job, status, at=at)

    def _assign(self, now: float) -> None:
        for runner in self._instance.runners.values():
            while (job := self._next_for(runner)) is not None:
                self._instance.move(job, Status.RUNNING, runner=runner, at=now)
                self.schedule(now + self._life(job).runs, partial(self._end, job))

    def _next_for(self, runner: Runner) -> Job | None:
        if runner.paused or not runner.online or runner.running >= runner.concurrent:
            return None
        waiting = self._instance.jobs.walk(None, [Status.PENDING], descending=False)
        return next((job for job in waiting if runner.matches(job)), None)

    def _end(self, job: Job, at: float) -> None:
        # A person may have cancelled it meanwhile.
        if job.status is Status.RUNNING:
            self._instance.move(job, self._life(job).ends, at=at)

    def _life(self, job: Job) -> Life:
        return self._lives.get(job.id, _PLAIN)
