"""A ConfigMap's two halves as one store: the mirror reads, the writer writes."""

import threading

from function.errors import ApiUnavailable
from function.history import Change
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.cluster import ClusterHistory
from function.stores.configmap import ConfigMapWriter
from function.stores.mirror import Mirror
from function.stores.protocol import Limits
from tests.support.fakeapi import FakeApi

WHERE = ConfigMapStore("ci", "history")


def test_reads_and_writes(metrics: Metrics) -> None:
    """A write reaches the API server; a snapshot, and readiness, are the mirror's."""
    api = FakeApi({})
    now = 1000.0
    mirror = Mirror(lambda: api, WHERE, metrics, monotonic=lambda: now)
    store = ClusterHistory(mirror, ConfigMapWriter(lambda: api, WHERE, Limits(8, 10**6), metrics))
    store.write(Change({"17": {"node-3": 1}}))
    assert api.data == {"17": "node-3", "_warm.17": '{"node-3":"1970-01-01T00:00:01Z"}'}
    assert (store.snapshot(), store.ready()) == (None, "the first list of the history's ConfigMap")
    now = 1010.0
    assert store.ready() is None


def test_starts_and_stops_the_mirror(metrics: Metrics) -> None:
    """Starting it begins to follow the ConfigMap; nothing is asked once it was stopped."""
    asked = threading.Event()

    def way() -> FakeApi:
        asked.set()
        raise ApiUnavailable("no way")

    where = (way, WHERE)
    store = ClusterHistory(Mirror(*where, metrics), ConfigMapWriter(*where, Limits(8, 10**6), metrics))
    store.start()
    assert asked.wait(20)
    store.stop()
