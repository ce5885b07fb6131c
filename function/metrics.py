"""Every metric of the functions, by name, in one place. docs/operations.md has the same table for people.

Made in entry points, with a registry of its own: nothing is registered at import time.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_REVIEW_BUCKETS = (25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 5e-3, 25e-3, 0.1, 1.0)
_WRITE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0)


class Metrics:
    """The metrics of one process. Seconds and bytes are the units, as the names say."""

    def __init__(self, registry: CollectorRegistry) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client 0.26 has no annotation there
        self._registry = registry
        self._http(registry)
        self._mutate(registry)
        self._record(registry)
        self._hook(registry)
        self._history(registry)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)

    def _http(self, registry: CollectorRegistry) -> None:
        self.requests_refused = Counter(
            "hookrunner_requests_refused_total",
            "Requests answered with an error, by status",
            ["status"],
            registry=registry,
        )

    def _mutate(self, registry: CollectorRegistry) -> None:
        self.reviews = Counter(
            "hookrunner_reviews_total",
            "AdmissionReviews answered, by what was decided and why",
            ["reason"],
            registry=registry,
        )
        self.review_seconds = Histogram(
            "hookrunner_review_duration_seconds", "Time inside mutate", buckets=_REVIEW_BUCKETS, registry=registry
        )

    def _record(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "hookrunner_events_total",
            "CloudEvents received, by type and outcome",
            ["type", "outcome"],
            registry=registry,
        )
        self.writes = Counter(
            "hookrunner_history_writes_total", "Writes of the history, by outcome", ["outcome"], registry=registry
        )
        self.write_seconds = Histogram(
            "hookrunner_history_write_duration_seconds", "Time of one write", buckets=_WRITE_BUCKETS, registry=registry
        )
        self.evicted = Counter(
            "hookrunner_history_evicted_keys_total", "Keys that left because the history was full", registry=registry
        )
        self.senders = Counter(
            "hookrunner_senders_total",
            "Callers of record, by what was found of their token",
            ["outcome"],
            registry=registry,
        )

    def _hook(self, registry: CollectorRegistry) -> None:
        self.hooks = Counter(
            "hookrunner_hooks_total", "GitLab webhooks received, by outcome", ["outcome"], registry=registry
        )
        self.posts = Counter(
            "hookrunner_posts_total", "CloudEvents posted to K_SINK, by outcome", ["outcome"], registry=registry
        )

    def _history(self, registry: CollectorRegistry) -> None:
        self.history_bytes = Gauge(
            "hookrunner_history_bytes", "Size of the history's names and texts", registry=registry
        )
        self.history_keys = Gauge("hookrunner_history_keys", "Keys in the history", registry=registry)
        self.malformed = Counter(
            "hookrunner_history_malformed_total", "Texts in the history that made no sense when read", registry=registry
        )
        self.mirror_connected = Gauge(
            "hookrunner_mirror_connected", "1 while the watch of the history stands, else 0", registry=registry
        )
        self.mirror_lost = Counter(
            "hookrunner_mirror_lost_total", "How often the watch of the history was lost", registry=registry
        )
        self.mirror_updates = Counter(
            "hookrunner_mirror_updates_total", "New versions of the history seen", registry=registry
        )
