"""The record function: what it writes, what it answers, and what it counts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.commit import GroupCommit
from function.errors import BadRequest, StoreUnavailable, Unauthorized
from function.events import Event
from function.history import Change
from function.http import Request
from function.metrics import Metrics
from function.record import Record, change_of

BOUND, REMOVED = "dev.hookrunner.pod.bound.v1", "dev.hookrunner.node.removed.v1"
EIGHT = int(datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp())
BATCH = [(b"content-type", b"application/cloudevents-batch+json")]


class Written:
    """Remembers what is written; fails while `failure` is set."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.failure: Exception | None = None

    def __call__(self, change: Change) -> None:
        """A store's `write`."""
        if self.failure is not None:
            raise self.failure
        self.changes.append(change)


@pytest.fixture
def written() -> Written:
    """What the function wrote."""
    return Written()


async def anyone(_authorization: str) -> None:
    """Lets everybody record."""


@pytest.fixture
def record(written: Written, metrics: Metrics) -> Record:
    """The function, for any sender."""
    return Record(GroupCommit(written), anyone, metrics)


def event(type_: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """An event in the JSON format."""
    return {"specversion": "1.0", "id": "1", "source": "/s", "type": type_, "data": data}


def bound(key: str = "17", node: str = "node-3", at: str = "2026-11-24T08:00:00Z") -> dict[str, Any]:
    """A binding."""
    return event(BOUND, key=key, node=node, boundAt=at)


def batch(*events: dict[str, Any]) -> Request:
    """A delivery of these events."""
    return Request("POST", "/", BATCH, json.dumps(events).encode())


@pytest.mark.parametrize(
    ("given", "change"),
    [
        pytest.param(bound(), Change({"17": {"node-3": EIGHT}}), id="a binding"),
        pytest.param(
            bound(at="2026-11-24T08:00:00.9Z"), Change({"17": {"node-3": EIGHT}}), id="a fraction of a second"
        ),
        pytest.param(
            event(REMOVED, node="node-3", removedAt="2026-11-24T08:00:00Z"),
            Change(removed={"node-3": EIGHT}),
            id="a removal",
        ),
        pytest.param(event("dev.hookrunner.job.changed.v1", status="x"), Change(), id="a type that others read"),
        pytest.param(event("com.example"), Change(), id="an unknown type"),
    ],
)
def test_change_of(given: dict[str, Any], change: Change) -> None:
    """What one event adds to the history."""
    assert change_of(Event(given, given["data"])) == change


async def test_recorded(record: Record, written: Written, registry: CollectorRegistry) -> None:
    """A batch is one write; the answer is 204 without anything; known and unknown types are counted apart."""
    gone = event(REMOVED, node="node-9", removedAt="2026-11-24T08:00:00Z")
    response = await record(batch(bound(), bound(node="node-4"), gone, event("com.example")))
    assert (response.status, response.body, response.headers) == (204, b"", ())
    assert written.changes == [Change({"17": {"node-3": EIGHT, "node-4": EIGHT}}, {"node-9": EIGHT})]
    counted = {
        (sample.labels["type"], sample.labels["outcome"]): sample.value
        for metric in registry.collect()
        if metric.name == "hookrunner_events"
        for sample in metric.samples
    }
    assert counted == {(BOUND, "recorded"): 2, (REMOVED, "recorded"): 1, ("unknown", "ignored"): 1}


@pytest.mark.parametrize(
    ("given", "behind", "warned"),
    [
        pytest.param(bound(), 7200, [], id="two hours"),
        pytest.param(bound(), 7201, [7201], id="more"),
        pytest.param(event(REMOVED, node="node-3", removedAt="2026-11-24T08:00:00Z"), 7201, [7201], id="a removal"),
        pytest.param(event("com.example"), 10**9, [], id="an unknown type"),
    ],
)
async def test_far_ahead(
    written: Written,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
    given: dict[str, Any],
    behind: int,
    warned: list[int],
) -> None:
    """A time far ahead of our clock is told; what is recorded does not depend on that clock."""
    record = Record(GroupCommit(written), anyone, metrics, clock=lambda: EIGHT - behind)
    assert (await record(batch(given))).status == 204
    change = change_of(Event(given, given["data"]))
    assert written.changes == ([change] if change != Change() else [])
    assert [entry.getMessage() for entry in caplog.records] == [
        f"an event's time is {seconds} s ahead of this clock; it is recorded: see which clock is wrong"
        for seconds in warned
    ]


@pytest.mark.parametrize("events", [[], [event("com.example")]], ids=["an empty batch", "an unknown type"])
async def test_nothing_to_write(record: Record, written: Written, events: list[dict[str, Any]]) -> None:
    """What adds nothing is acknowledged without a write."""
    assert (await record(batch(*events))).status == 204
    assert written.changes == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(
            batch(bound(), event(BOUND)),
            "event 1 of the batch: the event's data is not valid: Object missing required field `key`",
            id="one of a batch",
        ),
        pytest.param(
            batch(event(BOUND)), "the event's data is not valid: Object missing required field `key`", id="the only one"
        ),
    ],
)
async def test_malformed(
    record: Record, written: Written, registry: CollectorRegistry, request_: Request, message: str
) -> None:
    """A malformed event refuses its whole delivery, and is counted."""
    with pytest.raises(BadRequest) as caught:
        await record(request_)
    assert (caught.value.status, str(caught.value), written.changes) == (400, message, [])
    labels = {"type": BOUND, "outcome": "malformed"}
    assert registry.get_sample_value("hookrunner_events_total", labels) == 1


async def test_not_written(record: Record, written: Written, registry: CollectorRegistry) -> None:
    """What the store does not take is told to the caller, counted, and written when it comes again."""
    written.failure = StoreUnavailable("not now")
    with pytest.raises(StoreUnavailable):
        await record(batch(bound()))
    labels = {"type": BOUND, "outcome": "not-written"}
    assert registry.get_sample_value("hookrunner_events_total", labels) == 1
    written.failure = None
    assert (await record(batch(bound()))).status == 204


async def test_sender_is_checked_first(written: Written, metrics: Metrics) -> None:
    """Who may not record learns nothing of what it sent, and writes nothing."""
    asked = []

    async def nobody(authorization: str) -> None:
        asked.append(authorization)
        raise Unauthorized("not you")

    record = Record(GroupCommit(written), nobody, metrics)
    with pytest.raises(Unauthorized):
        await record(Request("POST", "/", [(b"authorization", b"Bearer x")], b"no event"))
    assert (asked, written.changes) == (["Bearer x"], [])


ORIGIN = (b"webhook-request-origin", b"sender.example.com")


@pytest.mark.parametrize(
    ("method", "headers", "status", "answered"),
    [
        pytest.param(
            "OPTIONS",
            [ORIGIN],
            200,
            ((b"webhook-allowed-origin", b"sender.example.com"), (b"webhook-allowed-rate", b"*"), (b"allow", b"POST")),
            id="a handshake",
        ),
        pytest.param("OPTIONS", [], 405, ((b"allow", b"POST, OPTIONS"),), id="OPTIONS without an origin"),
        pytest.param("GET", [ORIGIN], 405, ((b"allow", b"POST, OPTIONS"),), id="GET"),
        pytest.param("PUT", [], 405, ((b"allow", b"POST, OPTIONS"),), id="PUT"),
    ],
)
async def test_method(
    record: Record, method: str, headers: list[tuple[bytes, bytes]], status: int, answered: tuple[Any, ...]
) -> None:
    """Handshakes are answered, other methods than POST are not."""
    response = await record(Request(method, "/", headers))
    assert (response.status, response.headers) == (status, answered)
