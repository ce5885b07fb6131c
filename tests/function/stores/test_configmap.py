"""The writer of the ConfigMap: few calls, no lost change, and what leaves where there is no room."""

import pytest
from prometheus_client import CollectorRegistry

from function.errors import StoreConflict, StoreRefused
from function.history import Change
from function.metrics import Metrics
from function.stores.configmap import ATTEMPTS, ConfigMapWriter
from function.stores.protocol import Limits
from tests.function.stores.configmaps import CONFLICT, EIGHT, FIRST, WARM, WHERE, bound, outcomes, writer
from tests.support.fakeapi import FakeApi


@pytest.mark.parametrize(
    ("before", "after", "methods"),
    [
        pytest.param({}, FIRST, ["GET", "PATCH"], id="empty"),
        pytest.param(None, FIRST, ["GET", "POST"], id="not there: it is made"),
        pytest.param(FIRST, FIRST, ["GET"], id="nothing to change"),
        pytest.param(
            {"17": "node-9", "note": "by hand"},
            {"17": "node-3", "_warm.17": WARM.replace("}", ',"node-9":null}'), "note": "by hand"},
            ["GET", "PATCH"],
            id="edited by a person",
        ),
    ],
)
def test_first_write(
    metrics: Metrics, before: dict[str, str] | None, after: dict[str, str], methods: list[str]
) -> None:
    """The first write looks first, and keeps what is there."""
    api = FakeApi(before)
    writer(api, metrics).write(bound())
    assert (api.data, api.methods) == (after, methods)


def test_a_write_costs_one_call(metrics: Metrics, registry: CollectorRegistry) -> None:
    """After the first, a write is one patch; what is there already costs a look."""
    api = FakeApi({})
    store = writer(api, metrics)
    for change in (bound("a"), bound("b"), bound("b"), bound("c")):
        store.write(change)
    assert api.methods == ["GET", "PATCH", "PATCH", "GET", "PATCH"]
    assert outcomes(registry) == {"written": 3}
    assert registry.get_sample_value("hookrunner_history_keys") == 1
    assert registry.get_sample_value("hookrunner_history_write_duration_seconds_count") == 4


def test_others_write_too(metrics: Metrics) -> None:
    """A change of somebody else's in between is kept, and ours with it."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.edit(**{"18": "node-4"})
    store.write(bound(key="19"))
    assert api.data == {**FIRST, "18": "node-4", "19": "node-3", "_warm.19": WARM}
    assert api.methods == ["GET", "PATCH", "PATCH", "GET", "PATCH"]


def test_no_room(metrics: Metrics, registry: CollectorRegistry) -> None:
    """What a person put there fills it: nothing is taken as written, nothing leaves, and it works once that is out."""
    api = FakeApi({})
    store = writer(api, metrics, max_bytes=2000)
    store.write(bound())
    api.edit(_note="x" * 1990)
    with pytest.raises(StoreRefused):
        store.write(bound(key="18"))
    assert (api.data, outcomes(registry)) == ({**FIRST, "_note": "x" * 1990}, {"written": 1, "refused": 1})
    api.edit(_note="x")
    store.write(bound(key="18"))
    assert api.data == {**FIRST, "_note": "x", "18": "node-3", "_warm.18": WARM}


def test_conflict_settles(metrics: Metrics, registry: CollectorRegistry) -> None:
    """As many conflicts as may be: written in the end."""
    api = FakeApi({})
    for _ in range(ATTEMPTS - 1):
        api.failures += [None, CONFLICT]
    writer(api, metrics).write(bound())
    assert (api.data, outcomes(registry)) == (FIRST, {"written": 1})


def test_conflict_does_not_settle(metrics: Metrics, registry: CollectorRegistry) -> None:
    """One conflict more: given up, and written when it comes again."""
    api = FakeApi({})
    api.failures = [None, CONFLICT] * ATTEMPTS
    store = writer(api, metrics)
    with pytest.raises(StoreConflict) as caught:
        store.write(bound())
    assert str(caught.value) == "others changed the history 20 times while this was written: send it again"
    store.write(bound())
    assert (api.data, outcomes(registry)) == (FIRST, {"conflict": 1, "written": 1})


def test_pauses_grow(metrics: Metrics) -> None:
    """Between attempts there are pauses, the first of none, each below its bound."""
    pauses: list[float] = []
    api = FakeApi({})
    api.failures = [None, CONFLICT] * 4
    ConfigMapWriter(lambda: api, WHERE, Limits(8, 10**6), metrics, pause=pauses.append).write(bound())
    assert len(pauses) == 4
    assert all(0 <= pause <= 0.02 * attempt for attempt, pause in enumerate(pauses))


def test_evicted_keys_are_counted(
    metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that leaves counts once, and is warned of; a last node that was removed does not."""
    api = FakeApi({})
    store = writer(api, metrics, max_bytes=120)
    for key in ("1", "2", "3"):
        store.write(bound(key=key, time=EIGHT + int(key)))
    store.write(Change(removed={"node-3": EIGHT}))
    store.write(bound("a", key="4", time=EIGHT + 9))
    assert registry.get_sample_value("hookrunner_history_evicted_keys_total") == 3
    assert set(api.data or {}) == {"_removed", "4", "_warm.4"}
    assert registry.get_sample_value("hookrunner_history_bytes") == 78
    warning = "the history is full (HOOKRUNNER_HISTORY_MAX_BYTES): keys that were unused longest left: 1"
    assert [record.getMessage() for record in caplog.records] == [warning] * 3
