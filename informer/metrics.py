"""Every metric of the informer, by name."""

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Backlog(Protocol):
    """What waits for the sink."""

    @property
    def waiting(self) -> tuple[int, int]:
        """Events, and their bytes."""

    def behind(self) -> float:
        """Seconds that the oldest has been waiting."""


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client 0.26 has no annotation there
        self.registry = registry = CollectorRegistry()
        self.events = Counter(
            "hookrunner_informer_events_total",
            "Events that the sink accepted, or refused for good.",
            ["type", "outcome"],
            registry=registry,
        )
        self.retries = Counter(
            "hookrunner_informer_retries_total",
            "Posts that will be tried again, by HTTP status (none: no answer).",
            ["status"],
            registry=registry,
        )
        self.delivery = Histogram(
            "hookrunner_informer_delivery_seconds",
            "From seeing an event to the sink's answer.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.gaps = Counter(
            "hookrunner_informer_gaps_total",
            "Times that the API server no longer had what followed our position, so that all was listed again.",
            ["resource"],
            registry=registry,
        )
        self.silent = Gauge(
            "hookrunner_informer_silent_seconds",
            "For how long a watch has brought nothing, not even a bookmark.",
            ["resource"],
            registry=registry,
        )
        self.leader = Gauge(
            "hookrunner_informer_leader", "1 if this replica leads and sends, 0 if it stands by.", registry=registry
        )
        self._backlog = Gauge("hookrunner_informer_backlog_events", "Events that wait for the sink.", registry=registry)
        self._backlog_bytes = Gauge(
            "hookrunner_informer_backlog_bytes", "Bytes of the events that wait for the sink.", registry=registry
        )
        self._behind = Gauge(
            "hookrunner_informer_behind_seconds",
            "For how long the oldest event has been waiting for the sink.",
            registry=registry,
        )

    def watch_backlog(self, backlog: Backlog) -> None:
        """Reads the backlog's metrics from `backlog` from now on."""
        self._backlog.set_function(lambda: backlog.waiting[0])
        self._backlog_bytes.set_function(lambda: backlog.waiting[1])
        self._behind.set_function(backlog.behind)
