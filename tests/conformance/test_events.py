"""CloudEvents by hand, in every mode, on both runtimes: recorded, ignored, refused; and the web hook handshake."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.functions import FunctionProcess
from tests.support.reviews import Case
from tests.support.wire import exchange

pytestmark = pytest.mark.conformance

BOUND = "dev.hookrunner.pod.bound.v1"
REMOVED = "dev.hookrunner.node.removed.v1"
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
JSON = {"Content-Type": "application/json"}
CE = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": BOUND}
MARK = "never-echo-this"
PLAIN = Case("runner-cache-hostpath", "patched", "41")


def bound(key: str, node: str = "node-3", at: str = "2026-11-24T08:00:00Z") -> dict[str, Any]:
    """The data of a binding."""
    return {"key": key, "node": node, "boundAt": at}


def event(data: Any, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """An event in the JSON format."""
    return {"specversion": "1.0", "id": "1", "source": "/s", "type": BOUND, "data": data, **attributes}


def body(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The value as JSON."""
    return json.dumps(value).encode()


RECORDED = [
    pytest.param("binary", {**CE, **JSON}, body(bound("binary")), id="binary"),
    pytest.param("no-type", CE, body(bound("no-type")), id="binary without a content type"),
    pytest.param(
        "quoted",
        {
            **CE,
            **JSON,
            "ce-type": f'"{BOUND}"',
            "ce-subject": r'"a \"b\""',
            "ce-id": "Euro%20%E2%82%AC",
            "ce-x": "%2525",
        },
        body(bound("quoted")),
        id="binary, quoted and percent-encoded headers",
    ),
    pytest.param(
        "capitals",
        {
            "CE-SpecVersion": "1.0",
            "Ce-Id": "1",
            "CE-SOURCE": "/s",
            "cE-tYpE": BOUND,
            "CONTENT-TYPE": "Application/JSON",
        },
        body(bound("capitals")),
        id="binary, header names in capitals",
    ),
    pytest.param(
        "extensions",
        {**CE, **JSON, "ce-cluster": "eu", "ce-n": "3"},
        body(bound("extensions")),
        id="binary, extensions",
    ),
    pytest.param(
        "suffix", {**CE, "Content-Type": "application/x+json; charset=utf-8"}, body(bound("suffix")), id="a +json type"
    ),
    pytest.param("structured", STRUCTURED, body(event(bound("structured"))), id="structured"),
    pytest.param(
        "charset",
        {"Content-Type": "APPLICATION/CloudEvents+JSON; charset=UTF-8"},
        body(event(bound("charset"))),
        id="structured, in capitals with a charset",
    ),
    pytest.param(
        "wins",
        {**STRUCTURED, "ce-type": "other", "ce-specversion": "0.3"},
        body(event(bound("wins"))),
        id="the body wins over headers",
    ),
    pytest.param(
        "ext",
        STRUCTURED,
        body(event(bound("ext"), cluster="eu", n=3, ok=True, subject=None)),
        id="structured, extensions",
    ),
    pytest.param(
        "base64",
        STRUCTURED,
        body({**event(None), "data_base64": base64.b64encode(body(bound("base64"))).decode()}),
        id="structured, data_base64",
    ),
    pytest.param("batch", BATCH, body([event(bound("batch"))]), id="a batch of one"),
    pytest.param(
        "second",
        BATCH,
        body([event(bound("first")), event({}, type="unknown"), event(bound("second"))]),
        id="a batch with an unknown type among it",
    ),
    pytest.param("prefer", {**STRUCTURED, "Prefer": "reply"}, body(event(bound("prefer"))), id="Prefer: reply"),
    pytest.param("chunks", STRUCTURED, body(event(bound("chunks"), pad="x" * 200_000)), id="more than 64 KiB"),
]


@pytest.mark.parametrize(("key", "headers", "data"), RECORDED)
def test_recorded(record: FunctionProcess, history: Path, key: str, headers: dict[str, str], data: bytes) -> None:
    """204 without a body or ce- headers; then the event is in the history."""
    answer = exchange(record.port, data, headers)
    assert (answer.status, answer.body, answer.is_framed()) == (204, b"", True)
    assert not [name for name in answer.headers if name.startswith("ce-") or name == "content-type"]
    found = yaml.safe_load(history.read_text())["data"]
    assert (found[key], found[f"_warm.{key}"]) == ("node-3", '{"node-3":"2026-11-24T08:00:00Z"}')


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        pytest.param({**CE, "ce-type": "com.example.other"}, b'{"any":1}', id="binary, an unknown type"),
        pytest.param({**CE, "ce-type": "com.example.other"}, b"", id="binary, an unknown type without data"),
        pytest.param(
            {**CE, "ce-type": "com.example.other", "Content-Type": "text/xml"},
            b"<any/>",
            id="binary, an unknown type whose data is no JSON",
        ),
        pytest.param(STRUCTURED, body(event("x", type="com.example.other")), id="structured, an unknown type"),
        pytest.param(BATCH, b"[]", id="an empty batch"),
        pytest.param(
            STRUCTURED,
            body(event({"status": "x", "projectId": 1, "jobId": 1}, type="dev.hookrunner.job.changed.v1")),
            id="a type that others read",
        ),
    ],
)
def test_ignored(record: FunctionProcess, history: Path, headers: dict[str, str], data: bytes) -> None:
    """What is none of our types is acknowledged, and changes nothing."""
    before = history.read_bytes()
    answer = exchange(record.port, data, headers)
    assert (answer.status, answer.body, history.read_bytes()) == (204, b"", before)


def test_from_binding_to_placement(record: FunctionProcess, mutate: FunctionProcess) -> None:
    """Once record has answered, mutate places by it: the latest binding first, and not on a removed node."""
    bindings = [
        event(bound("loop", node, f"2026-11-24T{hour}:00:00Z")) for node, hour in (("a", 10), ("b", 12), ("c", 11))
    ]
    gone = event({"node": "b", "removedAt": "2026-11-24T12:30:00Z"}, type=REMOVED)
    review = PLAIN.body().replace(b'"gitlab.com/runner-id":"41"', b'"gitlab.com/runner-id":"loop"')
    nodes = []
    for events in (bindings, [gone]):
        assert exchange(record.port, body(events), BATCH).status == 204
        told = exchange(mutate.port, review).json()["response"]["auditAnnotations"]["nodes"]
        nodes.append(told)
    assert nodes == ["b=100,c=95,a=90", "c=100,a=95"]


NO_EVENT = "the body is no CloudEvent: "
WRONG = "the event's data is not valid: "
POST_EVENTS = "this takes CloudEvents: post application/cloudevents+json, or ce- headers and data"

REFUSED = [
    pytest.param(
        {**STRUCTURED}, MARK.encode(), 400, NO_EVENT + "JSON is malformed: invalid character (byte 4)", id="no JSON"
    ),
    pytest.param(STRUCTURED, b"", 400, NO_EVENT + "Input data was truncated", id="nothing"),
    pytest.param(STRUCTURED, b"[]", 400, NO_EVENT + "Expected `object`, got `array`", id="[]"),
    pytest.param(STRUCTURED, b"null", 400, NO_EVENT + "Expected `object`, got `null`", id="null"),
    pytest.param(STRUCTURED, b"5", 400, NO_EVENT + "Expected `object`, got `int`", id="5"),
    pytest.param(STRUCTURED, b'{"a":NaN}', 400, NO_EVENT + "JSON is malformed: invalid character (byte 5)", id="NaN"),
    pytest.param(
        STRUCTURED, b'{"id":"1","id":"2"}', 400, NO_EVENT + "a member stands twice in one object", id="a member twice"
    ),
    pytest.param(
        STRUCTURED,
        b'{"a":"\xff"}',
        400,
        NO_EVENT + "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        id="invalid UTF-8",
    ),
    pytest.param(
        STRUCTURED,
        b'{"a":' * 10_000,
        400,
        NO_EVENT + "maximum recursion depth exceeded while deserializing an object",
        id="10,000 deep",
    ),
    pytest.param(
        STRUCTURED, body(event(bound("x"), id="")), 400, "attribute `id` must be a string that is not empty", id="no id"
    ),
    pytest.param(
        STRUCTURED, body(event(bound("x"), specversion="0.3")), 400, "attribute `specversion` must be 1.0", id="0.3"
    ),
    pytest.param(
        STRUCTURED,
        body(event(bound(MARK + "."))),
        400,
        WRONG + "`$.key` must be label values joined with dots",
        id="no key",
    ),
    pytest.param(
        STRUCTURED,
        body(event(bound("x", node=MARK.upper()))),
        400,
        WRONG + "`$.node` must be a node's name (DNS-1123 subdomain)",
        id="no node's name",
    ),
    pytest.param(
        {**CE, **JSON}, b"{}", 400, WRONG + "Object missing required field `key`", id="binary: data without a key"
    ),
    pytest.param({**CE, "ce-x": "%FF"}, b"", 400, "a ce- header is not UTF-8 after percent-decoding", id="bad header"),
    pytest.param(
        BATCH,
        body([event(bound("never")), event({})]),
        400,
        "event 1 of the batch: " + WRONG + "Object missing required field `key`",
        id="one of a batch: the whole is refused",
    ),
    pytest.param(
        BATCH,
        body([event(bound("never")), 1]),
        400,
        NO_EVENT + "Expected `object`, got `int` - at `$[1]`",
        id="a number in a batch",
    ),
    pytest.param(JSON, body(event(bound("x"))), 415, POST_EVENTS, id="JSON that is no event"),
    pytest.param({}, b"x", 415, POST_EVENTS, id="anything"),
    pytest.param(
        {"Content-Type": "application/cloudevents+avro"},
        b"x",
        415,
        "only the JSON format of CloudEvents is read: post application/cloudevents+json",
        id="another format",
    ),
    pytest.param(
        {**CE, "Content-Type": "text/xml"},
        b"<x/>",
        415,
        "only JSON data is read: set Content-Type: application/json",
        id="XML",
    ),
]


@pytest.mark.parametrize(("headers", "data", "status", "message"), REFUSED)
def test_refused(
    record: FunctionProcess, history: Path, headers: dict[str, str], data: bytes, status: int, message: str
) -> None:
    """One line that says what and where, nothing of the body; nothing is written, and the next good event is."""
    before = history.read_bytes()
    answer = exchange(record.port, data, headers)
    assert (answer.status, answer.body.decode(), answer.is_framed()) == (status, f"{message}\n", True)
    assert MARK not in answer.body.decode()
    assert history.read_bytes() == before
    assert exchange(record.port, body(event(bound("after"))), STRUCTURED).status == 204


def test_handshake(record: FunctionProcess) -> None:
    """A sender that asks first is told that it may post, as often as it likes; its callback is left alone."""
    asks = {"WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Callback": "http://127.0.0.1:9/x"}
    answer = exchange(record.port, headers=asks, method="OPTIONS")
    told = {name: answer.headers[name] for name in ("webhook-allowed-origin", "webhook-allowed-rate", "allow")}
    assert (answer.status, answer.body, answer.is_framed()) == (200, b"", True)
    assert told == {"webhook-allowed-origin": "eventemitter.example.com", "webhook-allowed-rate": "*", "allow": "POST"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_method(record: FunctionProcess, method: str) -> None:
    """Not POST, nor a handshake: 405 with Allow."""
    answer = exchange(record.port, method=method)
    assert (answer.status, answer.headers["allow"], answer.is_framed()) == (405, "POST, OPTIONS", True)
