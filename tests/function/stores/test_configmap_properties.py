"""Replicas of record, each writing from what it last knew: the ConfigMap has every event, in any interleaving."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from function.history import Change, combine, merge
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.configmap import ConfigMapWriter
from function.stores.protocol import Limits
from tests.support.fakeapi import FakeApi
from tests.support.hostile import changes

METRICS = Metrics(CollectorRegistry())
MANY = 1_000_000


@given(st.lists(st.tuples(st.integers(0, 2), changes()), min_size=1, max_size=15), st.integers(1, 4))
def test_writers_lose_nothing(writes: list[tuple[int, Change]], max_nodes: int) -> None:
    """Three writers, each with a memory of its own that goes stale, give what one write of all gives."""
    api = FakeApi({})
    writers = [
        ConfigMapWriter(lambda: api, ConfigMapStore("ci", "h"), Limits(max_nodes, MANY), METRICS, pause=lambda _: None)
        for _ in range(3)
    ]
    for index, change in writes:
        writers[index].write(change)
    all_at_once = merge({}, combine(change for _, change in writes), max_nodes, MANY)
    assert api.data == {name: text for name, text in all_at_once.items() if text is not None}
