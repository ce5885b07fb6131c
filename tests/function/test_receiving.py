"""CloudEvents off the wire: the three modes, header values, and what is malformed or unsupported."""

import base64
import json
from typing import Any

import pytest

from function.errors import BadRequest, UnsupportedMedia
from function.events import JOB_CHANGED, NODE_REMOVED, POD_BOUND, Event
from function.http import Request
from function.receiving import read_events

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
NO_EVENT = "the body is no CloudEvent: "


def request(content_type: str | None, body: bytes, **ce: str) -> Request:
    """A POST; `ce` are the ce- headers, values as they are on the wire."""
    headers = [(f"ce-{name}".encode(), value.encode("latin-1")) for name, value in ce.items()]
    if content_type is not None:
        headers.append((b"content-type", content_type.encode()))
    return Request("POST", "/", headers, body)


def structured(**members: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """An event in the JSON format."""
    return json.dumps({**ATTRIBUTES, **members}).encode()


JSON = {"datacontenttype": "application/json"}

READ = [
    pytest.param(
        request("application/json", b'{"a":1}', **ATTRIBUTES), [Event({**ATTRIBUTES, **JSON}, {"a": 1})], id="binary"
    ),
    pytest.param(
        request(None, b"[1]", **ATTRIBUTES),
        [Event({**ATTRIBUTES, **JSON}, [1])],
        id="binary without a content type",
    ),
    pytest.param(request(None, b"", **ATTRIBUTES), [Event(ATTRIBUTES)], id="binary without data"),
    pytest.param(
        request("text/xml", b"", **ATTRIBUTES), [Event(ATTRIBUTES)], id="binary without data, whatever its type"
    ),
    pytest.param(
        request("application/vnd.x+json; charset=utf-8", b"{}", **ATTRIBUTES),
        [Event({**ATTRIBUTES, "datacontenttype": "application/vnd.x+json; charset=utf-8"}, {})],
        id="binary, a JSON type with a suffix",
    ),
    pytest.param(
        request("application/json", b"1", **ATTRIBUTES, cluster="eu-1"),
        [Event({**ATTRIBUTES, "cluster": "eu-1", **JSON}, 1)],
        id="binary with an extension attribute",
    ),
    pytest.param(
        request("text/xml", b"<a/>", **ATTRIBUTES),
        [Event({**ATTRIBUTES, "datacontenttype": "text/xml"}, b"<a/>")],
        id="binary, a type that is not ours, and no JSON",
    ),
    pytest.param(
        request("application/jsonlines", b"{}\n{}", **ATTRIBUTES),
        [Event({**ATTRIBUTES, "datacontenttype": "application/jsonlines"}, b"{}\n{}")],
        id="binary, not ours, and a content type that begins like JSON's",
    ),
    pytest.param(request(STRUCTURED, structured(data={"a": 1})), [Event(ATTRIBUTES, {"a": 1})], id="structured"),
    pytest.param(
        request("Application/CloudEvents+JSON; charset=UTF-8", structured()),
        [Event(ATTRIBUTES)],
        id="in capitals, with a charset",
    ),
    pytest.param(
        request("application/cloudevents", structured()), [Event(ATTRIBUTES)], id="structured, format left out"
    ),
    pytest.param(
        request(STRUCTURED, structured(), id="2", specversion="0.3"),
        [Event(ATTRIBUTES)],
        id="the body wins over ce- headers",
    ),
    pytest.param(
        request(STRUCTURED, structured(subject=None, cluster="eu", n=3, ok=True)),
        [Event({**ATTRIBUTES, "cluster": "eu", "n": 3, "ok": True})],
        id="extension attributes; null is absent",
    ),
    pytest.param(
        request(STRUCTURED, structured(data_base64=base64.b64encode(b'{"a":1}').decode())),
        [Event(ATTRIBUTES, b'{"a":1}')],
        id="data_base64",
    ),
    pytest.param(
        request(BATCH, b"[" + structured(id="1") + b"," + structured(id="2") + b"]"),
        [Event(ATTRIBUTES), Event({**ATTRIBUTES, "id": "2"})],
        id="a batch, in order",
    ),
    pytest.param(request(BATCH, b"[]"), [], id="an empty batch"),
]


@pytest.mark.parametrize(("given", "events"), READ)
def test_read(given: Request, events: list[Event]) -> None:
    """Each mode gives its events."""
    assert read_events(given) == events


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        pytest.param("plain", "plain", id="plain"),
        pytest.param("  padded ", "padded", id="blanks around it"),
        pytest.param('"quoted"', "quoted", id="quoted"),
        pytest.param(r'"a \"b\" \\c"', 'a "b" \\c', id="quoted pairs"),
        pytest.param("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀", id="percent-encoded UTF-8"),
        pytest.param("%2525", "%25", id="decoded once only"),
        pytest.param('"%22x%22"', '"x"', id="quotes go first, then percent"),
        pytest.param("%C3%BC", "ü", id="an umlaut"),
        pytest.param("100%", "100%", id="a percent sign alone"),
        pytest.param("%zz", "%zz", id="no hex digits"),
        pytest.param('"', '"', id="one quote"),
        pytest.param('""', "", id="nothing in quotes"),
    ],
)
def test_header_value(wire: str, value: str) -> None:
    """A header value is unquoted, then percent-decoded once (HTTP protocol binding 1.0.2, section 3.1.3.2)."""
    (event,) = read_events(request(None, b"", **ATTRIBUTES, x=wire))
    assert event.get_attributes()["x"] == value


ID = "attribute `id` must be a string that is not empty"

BAD = [
    pytest.param(
        request(None, b"", **ATTRIBUTES, x="%FF"),
        "a ce- header is not UTF-8 after percent-decoding",
        id="header: invalid UTF-8",
    ),
    pytest.param(
        request(None, b"", **ATTRIBUTES, x="\xfc"),
        "a ce- header is not UTF-8 after percent-decoding",
        id="header: Latin-1",
    ),
    pytest.param(request(None, b"", specversion="1.0", source="/s", type="t"), ID, id="binary: no id"),
    pytest.param(request(None, b"", **{**ATTRIBUTES, "id": ""}), ID, id="binary: an empty id"),
    pytest.param(
        request(None, b"", **{**ATTRIBUTES, "specversion": "0.3"}),
        "attribute `specversion` must be 1.0",
        id="version 0.3",
    ),
    pytest.param(
        request(None, b"", **ATTRIBUTES, time="yesterday"),
        "attribute `time` must be an RFC 3339 time",
        id="binary: a time that is none",
    ),
    pytest.param(
        request(STRUCTURED, structured(time=1_700_000_000)),
        "attribute `time` must be an RFC 3339 time",
        id="structured: a time that is a number",
    ),
    pytest.param(
        request("application/json", b"{", **ATTRIBUTES),
        NO_EVENT + "Input data was truncated",
        id="binary: data cut off",
    ),
    pytest.param(request(STRUCTURED, structured(id=None)), ID, id="structured: id is null"),
    pytest.param(request(STRUCTURED, structured(id=7)), ID, id="structured: id is a number"),
    pytest.param(
        request(STRUCTURED, structured(specversion="1.1")), "attribute `specversion` must be 1.0", id="another version"
    ),
    pytest.param(
        request(STRUCTURED, structured(x=[])),
        "an attribute must be a string, a whole number or a truth value",
        id="an attribute is a list",
    ),
    pytest.param(
        request(STRUCTURED, structured(x=1.5)),
        "an attribute must be a string, a whole number or a truth value",
        id="an attribute is a fraction",
    ),
    pytest.param(
        request(STRUCTURED, structured(data=1, data_base64="MQ==")),
        "`$.data` and `$.data_base64` exclude each other",
        id="data twice",
    ),
    pytest.param(request(STRUCTURED, structured(data_base64="M")), "`$.data_base64` is not base64", id="no base64"),
    pytest.param(
        request(STRUCTURED, structured(data_base64="ü")), "`$.data_base64` is not base64", id="base64 not ASCII"
    ),
    pytest.param(
        request(STRUCTURED, structured(data_base64=5)), "`$.data_base64` is not base64", id="base64 is a number"
    ),
    pytest.param(request(STRUCTURED, b""), NO_EVENT + "Input data was truncated", id="nothing"),
    pytest.param(
        request(STRUCTURED, b'{"a":' * 200 + b"1e999"),
        NO_EVENT + "Number out of range - at `$" + "[...]" * 34 + "[..…",
        id="a slip that lies deep",
    ),
    pytest.param(request(STRUCTURED, b"[]"), NO_EVENT + "Expected `object`, got `array`", id="a list for an event"),
    pytest.param(request(STRUCTURED, b"null"), NO_EVENT + "Expected `object`, got `null`", id="null"),
    pytest.param(request(STRUCTURED, b"5"), NO_EVENT + "Expected `object`, got `int`", id="a number"),
    pytest.param(
        request(STRUCTURED, b'{"a":NaN}'), NO_EVENT + "JSON is malformed: invalid character (byte 5)", id="NaN"
    ),
    pytest.param(
        request(STRUCTURED, b'{"id":"1","id":"2"}'),
        NO_EVENT + "a member stands twice in one object",
        id="a member twice",
    ),
    pytest.param(
        request(STRUCTURED, structured(data={"a": 1}).replace(b'"a": 1', b'"a":1,"a":2')),
        NO_EVENT + "a member stands twice in one object",
        id="a member of the data twice",
    ),
    pytest.param(
        request("application/json", b'{"a":1,"a":1}', **ATTRIBUTES),
        NO_EVENT + "a member stands twice in one object",
        id="binary: a member twice",
    ),
    pytest.param(
        request(STRUCTURED, b'{"a":"\xff"}'),
        NO_EVENT + "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        id="invalid UTF-8",
    ),
    pytest.param(
        request(STRUCTURED, b'{"a":' * 10_000),
        NO_EVENT + "maximum recursion depth exceeded while deserializing an object",
        id="10,000 deep",
    ),
    pytest.param(request(BATCH, structured()), NO_EVENT + "Expected `array`, got `object`", id="an object for a batch"),
    pytest.param(
        request(BATCH, b"[1]"), NO_EVENT + "Expected `object`, got `int` - at `$[0]`", id="a batch of numbers"
    ),
    pytest.param(
        request(BATCH, b"[" + structured() + b"," + structured(id="") + b"]"),
        f"event 1 of the batch: {ID}",
        id="one of a batch",
    ),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_malformed(given: Request, message: str) -> None:
    """Each malformed event is one line that says what and where; its status is 400."""
    with pytest.raises(BadRequest) as caught:
        read_events(given)
    assert (caught.value.status, str(caught.value)) == (400, message)


POST_EVENTS = "this takes CloudEvents: post application/cloudevents+json, or ce- headers and data"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(request("application/json", b"{}"), POST_EVENTS, id="no event at all"),
        pytest.param(request(None, b""), POST_EVENTS, id="nothing"),
        pytest.param(
            request("application/cloudevents+avro", b"x"),
            "only the JSON format of CloudEvents is read: post application/cloudevents+json",
            id="another format",
        ),
        pytest.param(
            request("application/cloudevents-batch+xml", b"x"),
            "only the JSON format of CloudEvents is read: post application/cloudevents-batch+json",
            id="a batch in another format",
        ),
        pytest.param(
            request("application/cloudeventsx", b"{}"),
            "only the JSON format of CloudEvents is read: post application/cloudevents+json",
            id="a type that begins alike",
        ),
        *(
            pytest.param(
                request(content_type, b"{}", **{**ATTRIBUTES, "type": ours}),
                "only JSON data is read: set Content-Type: application/json",
                id=f"binary: {ours} as {content_type}",
            )
            for ours in (POD_BOUND, NODE_REMOVED, JOB_CHANGED)
            for content_type in ("text/plain", "application/jsonlines")
        ),
    ],
)
def test_unsupported(given: Request, message: str) -> None:
    """Each format that is not read is 415, with what to post instead."""
    with pytest.raises(UnsupportedMedia) as caught:
        read_events(given)
    assert (caught.value.status, str(caught.value)) == (415, message)
