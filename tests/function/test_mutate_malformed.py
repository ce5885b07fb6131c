"""What mutate tells of texts in the history that make no sense."""

import pytest
from prometheus_client import CollectorRegistry

from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot
from tests.support.reviews import Case

REVIEW = Request("POST", "/", [], Case("runner-cache-hostpath", "patched", "41").body())


async def test_malformed_history_is_counted(
    metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """Texts that make no sense are told and counted, once for each time that they are read."""
    snapshot = Snapshot({"41": "No Node", "_warm.41": "x"})
    mutate = Mutate(settings_from({}).placement, lambda: snapshot, metrics)
    for _ in range(3):
        await mutate(REVIEW)
    assert registry.get_sample_value("hookrunner_history_malformed_total") == 2
    assert [record.getMessage() for record in caplog.records] == [
        "history of key 41 holds 2 text(s) that make no sense"
    ]


async def test_malformed_removals_are_counted(
    metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """What makes no sense among the removed nodes is told and counted once for each text, not for each pod."""
    text = '{"node-9":1,"NODE":null}'
    snapshots = [
        Snapshot({"_removed": text}),
        Snapshot({"_removed": text, "41": "node-3"}),
        Snapshot({"_removed": "x"}),
    ]
    mutate = Mutate(settings_from({}).placement, iter(snapshots).__next__, metrics)
    for _ in snapshots:
        await mutate(REVIEW)
    assert registry.get_sample_value("hookrunner_history_malformed_total") == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the history's removed nodes hold 2 text(s) that make no sense",
        "the history's removed nodes hold 1 text(s) that make no sense",
    ]
