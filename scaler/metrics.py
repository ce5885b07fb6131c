"""Every metric of the scaler, by name. Gauges are read from the pollers when they are asked for."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scaler.budget import Budget
from scaler.poller import Poller
from scaler.queue import PENDING, RUNNING, Job

_SOURCE = "source"
_GITLAB = ("credential", "gitlab")
_FAMILIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "jobs": ("GitLab's jobs at the last count, by status", (_SOURCE, "status")),
    "oldest_wait_seconds": ("How long the oldest pending job has waited", (_SOURCE,)),
    "snapshot_age_seconds": ("Since the oldest part of the count was asked for", (_SOURCE,)),
    "round_seconds": ("How long the last count took: it is at best so fresh", (_SOURCE,)),
    "stale": ("1 if there is no count, or one too old to answer from", (_SOURCE,)),
    "truncated": ("1 if the count is only a lower bound", (_SOURCE,)),
    "failing": ("1 if the last count failed as a whole, by the kind of error", (_SOURCE, "error")),
    "runners": ("GitLab's runners that may take these jobs, if the token may see them", (_SOURCE, "state")),
    "rate_remaining": ("Calls left of GitLab's own limit, as it last said", _GITLAB),
    "paused_seconds": ("For how long no call may start, because GitLab answered 429", _GITLAB),
}


class Metrics(Collector):
    """The metrics of one process, in a registry of its own."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client 0.26 has no annotation there
        self._wall = wall
        self._pollers: Iterable[Poller] = ()
        self._budgets: Mapping[tuple[str, str], Budget] = {}
        self._registry = registry = CollectorRegistry()
        self.calls = Counter(
            "hookrunner_scaler_gitlab_calls_total",
            "Calls to GitLab, by HTTP status (0: no answer)",
            [*_GITLAB, "code"],
            registry=registry,
        )
        self.answers = Counter(
            "hookrunner_scaler_answers_total", "Answers to KEDA, by gRPC status", ["code"], registry=registry
        )
        self.activations = Counter(
            "hookrunner_scaler_activations_total", "Times that a stream turned active", registry=registry
        )
        self.events = Counter(
            "hookrunner_scaler_events_total", "CloudEvents received, by outcome", ["outcome"], registry=registry
        )
        registry.register(self)

    def watch(self, pollers: Iterable[Poller], budgets: Mapping[tuple[str, str], Budget]) -> None:
        """Reads the gauges from these from now on."""
        self._pollers, self._budgets = pollers, budgets

    def called(self, credential: str, gitlab: str, code: int) -> None:
        """Counts a call to GitLab."""
        self.calls.labels(credential, gitlab, str(int(code))).inc()

    def answered(self, code: str) -> None:
        """Counts an answer to KEDA."""
        self.answers.labels(code).inc()

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The gauges as they are now."""
        families = {
            name: GaugeMetricFamily(f"hookrunner_scaler_{name}", text, labels=labels)
            for name, (text, labels) in _FAMILIES.items()
        }
        for poller in self._pollers:
            for name, labels, value in _of_poller(poller, self._wall()):
                families[name].add_metric([poller.source.name, *labels], value)
        for key, budget in self._budgets.items():
            families["paused_seconds"].add_metric(key, budget.paused)
            if budget.remaining is not None:
                families["rate_remaining"].add_metric(key, budget.remaining)
        yield from families.values()


Sample = tuple[str, tuple[str, ...], float]


def _of_poller(poller: Poller, now: float) -> Iterator[Sample]:
    yield "stale", (), float(poller.age > poller.max_stale)
    if poller.error is not None:
        yield "failing", (type(poller.error).__name__,), 1.0
    for state, number in poller.fleet.states.items():
        yield "runners", (state,), number
    if poller.snapshot is None:
        return
    yield from _of_jobs(poller.snapshot.jobs, now)
    yield "snapshot_age_seconds", (), poller.age
    yield "round_seconds", (), poller.sweep_seconds
    yield "truncated", (), float(poller.snapshot.truncated)


def _of_jobs(jobs: tuple[Job, ...], now: float) -> Iterator[Sample]:
    by_status = Tally(job.status for job in jobs)
    for status in (PENDING, RUNNING):
        yield "jobs", (status,), by_status[status]
    waits = (now - job.queued_at for job in jobs if job.status == PENDING)
    yield "oldest_wait_seconds", (), max(waits, default=0.0)
