"""Reading a review: what is taken of it, and the one line that a wrong one gets."""

import json
from typing import Any

import pytest

from function.admission import AdmissionRequest, Kind, read_review
from function.errors import BadRequest

MARK = "never-echo-this"
NO_REVIEW = "the body is no AdmissionReview: "


def review(**request: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """A review with this request."""
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def body(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The value as JSON."""
    return json.dumps(value).encode()


BAD = [
    pytest.param(b"", NO_REVIEW + "Input data was truncated", id="empty"),
    pytest.param(MARK.encode(), NO_REVIEW + "JSON is malformed: invalid character (byte 4)", id="not JSON"),
    pytest.param(b'{"kind":', NO_REVIEW + "Input data was truncated", id="truncated"),
    pytest.param(
        body(review(uid=MARK)) + b"x",
        NO_REVIEW + "JSON is malformed: trailing characters (byte 104)",
        id="more after it",
    ),
    pytest.param(
        b'{"kind":"\xff"}',
        NO_REVIEW + "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        id="invalid UTF-8",
    ),
    pytest.param(b'{"kind":NaN}', NO_REVIEW + "JSON is malformed: invalid character (byte 8)", id="NaN"),
    pytest.param(b"[" * 10_000, NO_REVIEW + "Expected `object`, got `array`", id="a list, nested 10,000 deep"),
    pytest.param(
        b'{"a":' * 10_000,
        NO_REVIEW + "maximum recursion depth exceeded while deserializing an object",
        id="10,000 deep",
    ),
    pytest.param(b"[]", NO_REVIEW + "Expected `object`, got `array`", id="a list"),
    pytest.param(b"null", NO_REVIEW + "Expected `object`, got `null`", id="null"),
    pytest.param(b"5", NO_REVIEW + "Expected `object`, got `int`", id="a number"),
    pytest.param(b"{}", NO_REVIEW + "`$.kind` must be AdmissionReview", id="an empty object"),
    pytest.param(
        body({**review(uid="1"), "kind": MARK}), NO_REVIEW + "`$.kind` must be AdmissionReview", id="another kind"
    ),
    pytest.param(
        body({**review(uid="1"), "kind": 1}),
        NO_REVIEW + "Expected `str`, got `int` - at `$.kind`",
        id="kind is a number",
    ),
    pytest.param(
        body({**review(uid="1"), "apiVersion": "admission.k8s.io/v1beta1"}),
        "the body is no AdmissionReview that we know: `$.apiVersion` must be admission.k8s.io/v1",
        id="an older version",
    ),
    pytest.param(
        body({**review(), "request": None}), "the AdmissionReview asks nothing: `$.request` is missing", id="no request"
    ),
    pytest.param(
        body({**review(), "request": [MARK]}),
        NO_REVIEW + "Expected `object | null`, got `array` - at `$.request`",
        id="request is a list",
    ),
    pytest.param(
        body(review(operation="CREATE")),
        "the AdmissionReview cannot be answered: `$.request.uid` is missing or empty",
        id="no uid",
    ),
    pytest.param(
        body(review(uid="")),
        "the AdmissionReview cannot be answered: `$.request.uid` is missing or empty",
        id="an empty uid",
    ),
    pytest.param(
        body(review(uid=7)), NO_REVIEW + "Expected `str`, got `int` - at `$.request.uid`", id="uid is a number"
    ),
    pytest.param(
        body(review(uid="1", kind="Pod")),
        NO_REVIEW + "Expected `object`, got `str` - at `$.request.kind`",
        id="kind of the object is text",
    ),
    pytest.param(
        body(review(uid="1", operation=[MARK])),
        NO_REVIEW + "Expected `str`, got `array` - at `$.request.operation`",
        id="operation is a list",
    ),
]


@pytest.mark.parametrize(("data", "message"), BAD)
def test_bad_review(data: bytes, message: str) -> None:
    """Each wrong body is one line that says what is wrong and where, and nothing of the body."""
    with pytest.raises(BadRequest) as caught:
        read_review(data)
    assert str(caught.value) == message
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(None, id="null"),
        pytest.param("x", id="text"),
        pytest.param({"metadata": {"labels": {"a": 1}}}, id="a label is a number"),
        pytest.param({"spec": {"volumes": {}}}, id="volumes are an object"),
    ],
)
def test_unreadable_object(pod: Any) -> None:  # noqa: ANN401 - any JSON value
    """An object that is no pod leaves the rest of the request readable."""
    request = {"uid": "1", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "object": pod}
    assert read_review(body(review(**request))) == AdmissionRequest(
        uid="1", operation="CREATE", kind=Kind(kind="Pod", version="v1")
    )


def test_deep_object() -> None:
    """A pod that is nested 10,000 deep somewhere is an error in bounded memory, not the end of the process."""
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    data = body(review(uid="1", object=0)).replace(b'"object": 0', b'"object": ' + deep)
    with pytest.raises(BadRequest, match="maximum recursion depth exceeded"):
        read_review(data)


def test_two_of_a_name() -> None:
    """Of two members of one name the last counts, as for the API server's own decoder."""
    assert read_review(body(review(uid="1")).replace(b'"uid": "1"', b'"uid": "1", "uid": "2"')).uid == "2"
