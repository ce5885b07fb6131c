"""What mutate answers to what is no review: one line that says what and where, nothing of the body, no trace."""

import json
from typing import Any

import pytest

from tests.support import reviews
from tests.support.functions import FunctionProcess
from tests.support.reviews import Case
from tests.support.wire import exchange

pytestmark = pytest.mark.conformance

MARK = "never-echo-this"
GOOD = Case("runner-cache-hostpath", "patched", "41")


def review(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """A review with members of it, or of its request, changed; `...` takes one away."""
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "1", "name": MARK}}
    for name, value in changes.items():
        inside: dict[str, Any] = whole["request"] if name in {"uid", "operation"} else whole  # type: ignore[assignment]  # always an object
        inside[name] = value
        if value is ...:
            del inside[name]
    return json.dumps(whole).encode()


NO_REVIEW = "the body is no AdmissionReview: "
NO_UID = "the AdmissionReview cannot be answered: `$.request.uid` is missing or empty"

BAD = [
    pytest.param(b"", NO_REVIEW + "Input data was truncated", id="empty"),
    pytest.param(MARK.encode(), NO_REVIEW + "JSON is malformed: invalid character (byte 4)", id="not JSON"),
    pytest.param(review(kind=MARK), NO_REVIEW + "`$.kind` must be AdmissionReview", id="wrong kind"),
    pytest.param(review(kind=...), NO_REVIEW + "`$.kind` must be AdmissionReview", id="no kind"),
    pytest.param(
        review(apiVersion="admission.k8s.io/v1beta1"),
        "the body is no AdmissionReview that we know: `$.apiVersion` must be admission.k8s.io/v1",
        id="an older version",
    ),
    pytest.param(review(request=...), "the AdmissionReview asks nothing: `$.request` is missing", id="no request"),
    pytest.param(
        review(request=[MARK]),
        NO_REVIEW + "Expected `object | null`, got `array` - at `$.request`",
        id="request: a list",
    ),
    pytest.param(review(uid=...), NO_UID, id="no uid"),
    pytest.param(review(uid=""), NO_UID, id="an empty uid"),
    pytest.param(review(uid=7), NO_REVIEW + "Expected `str`, got `int` - at `$.request.uid`", id="uid: a number"),
    pytest.param(
        review(operation=[MARK]), NO_REVIEW + "Expected `str`, got `array` - at `$.request.operation`", id="operation"
    ),
    pytest.param(b"[]", NO_REVIEW + "Expected `object`, got `array`", id="[]"),
    pytest.param(b"null", NO_REVIEW + "Expected `object`, got `null`", id="null"),
    pytest.param(b"5", NO_REVIEW + "Expected `object`, got `int`", id="5"),
    pytest.param(b'{"kind":NaN}', NO_REVIEW + "JSON is malformed: invalid character (byte 8)", id="NaN"),
    pytest.param(
        b'{"kind":"\xff"}',
        NO_REVIEW + "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        id="invalid UTF-8",
    ),
    pytest.param(
        b'{"a":' * 10_000,
        NO_REVIEW + "maximum recursion depth exceeded while deserializing an object",
        id="10,000 deep",
    ),
]


def assert_good_works(mutate: FunctionProcess) -> None:
    """The next good request is answered as ever."""
    answer = exchange(mutate.port, GOOD.body())
    assert reviews.without_patch(answer.json()) == reviews.expected_answer(GOOD)


@pytest.mark.parametrize(("body", "message"), BAD)
def test_bad_review(mutate: FunctionProcess, body: bytes, message: str) -> None:
    """400 with exactly that line, and the next good request works."""
    answer = exchange(mutate.port, body, {"Content-Type": "application/json"})
    assert (answer.status, answer.body.decode(), answer.is_framed()) == (400, f"{message}\n", True)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert MARK not in answer.body.decode()
    assert_good_works(mutate)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(b'"%b"' % MARK.encode(), id="text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"metadata":{"labels":{"a":1}}}', id="a label is a number"),
        pytest.param(b'{"spec":{"volumes":{}}}', id="volumes are an object"),
    ],
)
def test_unreadable_pod(mutate: FunctionProcess, pod: bytes) -> None:
    """A pod that we cannot make sense of is let through as it is."""
    whole = json.loads(GOOD.body())
    whole["request"]["object"] = json.loads(pod)
    answer = exchange(mutate.port, json.dumps(whole).encode())
    assert (answer.status, answer.json()["response"]) == (
        200,
        {"uid": whole["request"]["uid"], "allowed": True, "auditAnnotations": {"reason": "unreadable-pod"}},
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_method(mutate: FunctionProcess, method: str) -> None:
    """Not POST: 405 with Allow; a HEAD without the body."""
    answer = exchange(mutate.port, method=method)
    assert (answer.status, answer.headers["allow"], answer.is_framed()) == (405, "POST", True)
    assert answer.body == (b"" if method == "HEAD" else b"an AdmissionReview is posted: use POST\n")


@pytest.mark.parametrize("path", ["/", "/mutate", "/a/b?timeout=10s", "/%ff%zz", "//", "/robots.txt", "/health"])
def test_any_path(mutate: FunctionProcess, path: str) -> None:
    """A review is answered on any path."""
    answer = exchange(mutate.port, GOOD.body(), path=path)
    assert reviews.without_patch(answer.json()) == reviews.expected_answer(GOOD)
