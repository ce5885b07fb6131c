"""The writer of the ConfigMap: every refusal is told as what it is, and no write is done twice."""

import pytest
from prometheus_client import CollectorRegistry

from function.errors import (
    ApiDenied,
    ApiError,
    ApiNotFound,
    ApiUnavailable,
    SettingError,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)
from function.history import Change
from function.metrics import Metrics
from function.stores.configmap import ConfigMapWriter
from function.stores.protocol import Limits
from tests.function.stores.configmaps import FIRST, WARM, WHERE, bound, outcomes, writer
from tests.support.fakeapi import FakeApi

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
