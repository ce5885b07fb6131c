"""The writer of the ConfigMap: few calls, no lost change, and every refusal told as what it is."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from function.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiNotFound,
    ApiUnavailable,
    SettingError,
    StoreConflict,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from function.history import Change
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.configmap import ATTEMPTS, ConfigMapWriter
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


def test_taken_away(metrics: Metrics) -> None:
    """What a person took away since is written again when it is told again."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.delete()
    api.edit()
    store.write(bound())
    assert api.data == FIRST


def test_deleted_in_between(metrics: Metrics, caplog: pytest.LogCaptureFixture) -> None:
    """A ConfigMap that was deleted is made anew, with all that the writer knew."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.delete()
    store.write(bound(key="18"))
    assert api.data == {**FIRST, "18": "node-3", "_warm.18": WARM}
    assert [record.getMessage() for record in caplog.records] == ["the ConfigMap ci/history is not there: making it"]


def made_anew_while_nobody_writes(api: FakeApi, store: ConfigMapWriter) -> None:  # noqa: ARG001 - as the others
    """Deleted, and there again, empty, before the next write."""
    api.delete()
    api.edit()


def made_anew_after_a_refusal(api: FakeApi, store: ConfigMapWriter) -> None:
    """Deleted; record may not make it, and a person does."""
    api.delete()
    api.failures = [None, None, ApiDenied("POST: 403", 403)]
    with pytest.raises(StoreRefused):
        store.write(bound(key="18"))
    api.edit()


def made_anew_at_the_same_time(api: FakeApi, store: ConfigMapWriter) -> None:  # noqa: ARG001 - as the others
    """Deleted; as record is about to make it, somebody else is faster."""
    api.delete()
    api.edit()
    api.failures = [ApiNotFound("PATCH: 404", 404), ApiNotFound("GET: 404", 404)]


@pytest.mark.parametrize(
    "made_anew",
    [made_anew_while_nobody_writes, made_anew_after_a_refusal, made_anew_at_the_same_time],
    ids=["while nobody writes", "after a refusal", "at the same time"],
)
def test_made_anew_by_somebody_else(metrics: Metrics, made_anew: Callable[[FakeApi, ConfigMapWriter], None]) -> None:
    """What is known is merged into a ConfigMap that somebody made in the place of the one that is gone.

    So are a bare entry of a person's and a removal; notes that are no history are not put back.
    """
    api = FakeApi({"16": "node-9", "note": "by hand"})
    store = writer(api, metrics)
    store.write(bound())
    store.write(Change(removed={"node-8": EIGHT}))
    made_anew(api, store)
    api.edit(**{"19": "node-4"})
    store.write(bound(key="18"))
    known = {"16": "node-9", "_warm.16": '{"node-9":null}', **FIRST, "_removed": WARM.replace("node-3", "node-8")}
    assert api.data == {**known, "18": "node-3", "_warm.18": WARM, "19": "node-4"}


def test_deleted_and_nothing_new(metrics: Metrics) -> None:
    """A binding that is told again, as the first after the ConfigMap went, brings everything back too."""
    api = FakeApi({})
    store = writer(api, metrics)
    for key in ("17", "18"):
        store.write(bound(key=key))
    before = api.data
    api.delete()
    store.write(bound())
    assert api.data == before


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


def test_two_make_it_at_once(metrics: Metrics) -> None:
    """Whoever is too late to make it adds to it."""
    api = FakeApi({"18": "node-4"})
    api.failures = [ApiNotFound("GET: 404", 404)]
    writer(api, metrics).write(bound())
    assert api.data == {**FIRST, "18": "node-4"}
    assert api.methods == ["GET", "POST", "GET", "PATCH"]


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


ADVICE = (
    "the API server does not take a write of ConfigMap ci/history: {}; see that it is there, not immutable and "
    "under 1 MiB, and that record's Role lets it get and patch it"
)


@pytest.mark.parametrize(
    ("failures", "error", "message", "outcome"),
    [
        pytest.param(
            [ApiUnavailable("GET: no answer")],
            StoreUnavailable,
            "the history cannot be written now: GET: no answer",
            "unavailable",
            id="no answer to the look",
        ),
        pytest.param(
            [None, ApiUnavailable("PATCH: 503", 503)],
            StoreUnavailable,
            "the history cannot be written now: PATCH: 503",
            "unavailable",
            id="503 to the write",
        ),
        pytest.param([ApiDenied("GET: 403", 403)], StoreRefused, ADVICE.format("GET: 403"), "refused", id="403"),
        pytest.param(
            [None, ApiDenied("PATCH: 422 immutable", 422)],
            StoreRefused,
            ADVICE.format("PATCH: 422 immutable"),
            "refused",
            id="immutable",
        ),
        pytest.param(
            [ApiNotFound("GET: 404", 404), ApiDenied("POST: 403", 403)],
            StoreRefused,
            ADVICE.format("POST: 403"),
            "refused",
            id="not there, and may not be made",
        ),
        pytest.param(
            [ApiNotFound("GET: 404", 404), ApiNotFound("POST: 404 no namespace", 404)],
            StoreUnavailable,
            "the history cannot be written now: POST: 404 no namespace",
            "unavailable",
            id="its namespace is not there",
        ),
    ],
)
def test_failure(
    metrics: Metrics,
    registry: CollectorRegistry,
    failures: list[ApiError | None],
    error: type[StoreError],
    message: str,
    outcome: str,
) -> None:
    """What the API server says is told as what it is, and the next write works."""
    api = FakeApi({})
    api.failures = failures
    store = writer(api, metrics)
    with pytest.raises(error) as caught:
        store.write(bound())
    assert (str(caught.value), outcomes(registry)) == (message, {outcome: 1})
    store.write(bound())
    assert api.data == FIRST


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"<html>", "JSON is malformed: invalid character (byte 0)", id="no JSON"),
        pytest.param(b'{"data":{"41":7}}', "Expected `str`, got `int` - at `$.data[...]`", id="no ConfigMap"),
        pytest.param(
            b'{"data":{"41":"\xff"}}',
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            id="no UTF-8",
        ),
        pytest.param(
            b'{"x":' + b"[" * 3000, "maximum recursion depth exceeded while deserializing an object", id="too deep"
        ),
    ],
)
def test_an_answer_that_makes_no_sense(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch, answer: bytes, why: str
) -> None:
    """Something between us and the API server answers in its place: for now, that is."""
    api = FakeApi({})
    monkeypatch.setattr(api, "call", lambda *_, **__: answer)
    with pytest.raises(StoreUnavailable) as caught:
        writer(api, metrics).write(bound())
    assert str(caught.value) == f"the history cannot be written now: the API server's answer makes no sense: {why}"


def test_an_answer_that_was_lost(metrics: Metrics) -> None:
    """A write that was taken, but whose answer was lost, is not done twice over."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.edit(**{"18": "node-3", "_warm.18": WARM})
    api.failures = [ApiUnavailable("PATCH: no answer")]
    with pytest.raises(StoreUnavailable):
        store.write(bound(key="18"))
    store.write(bound(key="18"))
    assert api.data == {**FIRST, "18": "node-3", "_warm.18": WARM}


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


def test_no_way_to_the_api_server(metrics: Metrics, registry: CollectorRegistry) -> None:
    """A kubeconfig that cannot be used: the sender keeps its event, and the error names the file."""

    def api() -> FakeApi:
        raise SettingError("cannot use the kubeconfig /etc/kube: it is empty")

    writer = ConfigMapWriter(api, WHERE, Limits(8, 1_000_000), metrics)
    with pytest.raises(StoreUnavailable) as caught:
        writer.write(Change(bound={"17": {"node-3": 1_700_000_000}}))
    assert (str(caught.value), outcomes(registry)["unavailable"]) == (
        "the history cannot be written now: cannot use the kubeconfig /etc/kube: it is empty",
        1,
    )
