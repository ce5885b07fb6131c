"""What the tests of the ConfigMap's writer share: a writer, a binding, and what is then there."""

from prometheus_client import CollectorRegistry

from function.errors import ApiConflict
from function.history import Change
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.configmap import ConfigMapWriter
from function.stores.protocol import Limits
from tests.support.fakeapi import FakeApi

WHERE = ConfigMapStore("ci", "history")
EIGHT = 1_795_507_200
WARM = '{"node-3":"2026-11-24T08:00:00Z"}'
FIRST = {"17": "node-3", "_warm.17": WARM}
CONFLICT = ApiConflict("PATCH: 409", 409)


def bound(node: str = "node-3", key: str = "17", time: int = EIGHT) -> Change:
    """A binding."""
    return Change({key: {node: time}})


def writer(api: FakeApi, metrics: Metrics, max_bytes: int = 1_000_000) -> ConfigMapWriter:
    """A writer that does not wait between attempts."""
    return ConfigMapWriter(lambda: api, WHERE, Limits(8, max_bytes), metrics, pause=lambda _seconds: None)


def outcomes(registry: CollectorRegistry) -> dict[str, float]:
    """Writes by outcome."""
    return {
        sample.labels["outcome"]: sample.value
        for metric in registry.collect()
        if metric.name == "hookrunner_history_writes"
        for sample in metric.samples
    }
