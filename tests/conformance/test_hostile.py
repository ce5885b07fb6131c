"""Bodies without end, a thousand idle connections, broken HTTP: bounded memory, and the next good request works."""

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from tests.support import reviews
from tests.support.functions import FunctionProcess
from tests.support.reviews import Case
from tests.support.wire import exchange, send_raw

pytestmark = pytest.mark.conformance

MIB = 2**20
GOOD = Case("runner-cache-hostpath", "patched", "41")
EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "dev.hookrunner.pod.bound.v1",
    "data": {"key": "hostile", "node": "node-1", "boundAt": "2026-11-24T08:00:00Z"},
}
HEAD = b"POST / HTTP/1.1\r\nHost: function\r\nContent-Type: application/cloudevents+json\r\n"
TOO_LARGE = b"the body is over the limit of 7340032 bytes (HOOKRUNNER_MAX_BODY_BYTES)\n"


@pytest.fixture(params=["mutate", "record"])
def function(request: pytest.FixtureRequest, mutate: FunctionProcess, record: FunctionProcess) -> FunctionProcess:
    """Each function in turn."""
    return mutate if request.param == "mutate" else record


def assert_good_works(function: FunctionProcess) -> None:
    """The next good request is answered as ever, whichever function it is."""
    review = exchange(function.port, GOOD.body())
    event = exchange(function.port, json.dumps(EVENT).encode(), {"Content-Type": "application/cloudevents+json"})
    if review.status == 200:
        assert reviews.without_patch(review.json()) == reviews.expected_answer(GOOD)
    else:
        assert (review.status, event.status) == (415, 204)


def body(size: int) -> Iterator[bytes]:
    """A body of so many MiB."""
    return iter([b"x" * MIB] * size)


def chunked(size: int) -> Iterator[bytes]:
    """The same in chunks, whose number is not told before."""
    for piece in body(size):
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


FRAMINGS = {
    "told": [HEAD + b"Content-Length: %d\r\n\r\n" % (64 * MIB), *body(64)],
    "chunked": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunked(64)],
    "told wrong": [HEAD + b"Content-Length: %d\r\n\r\n" % 10**30],
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_64_mib(function: FunctionProcess, framing: str) -> None:
    """413 or a closed connection, without the body ever being held; then the next good request works."""
    before = function.resident_bytes()
    received = send_raw(function.port, FRAMINGS[framing])
    head, _, told = received.partition(b"\r\n\r\n")
    assert not received or head.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    assert told in {b"", TOO_LARGE} or b"Invalid HTTP request" in told
    assert function.resident_bytes() < before + 40 * MIB
    assert_good_works(function)


def test_just_over_the_limit(function: FunctionProcess) -> None:
    """A body of one byte too many is 413, told in full where the client listens before it sends."""
    asked = HEAD + b"Expect: 100-continue\r\nContent-Length: 7340033\r\n\r\n"
    head, _, told = send_raw(function.port, [asked]).rpartition(b"\r\n\r\n")
    assert b"HTTP/1.1 413" in head
    assert b"connection: close" in head.lower()
    assert told == TOO_LARGE


def test_a_thousand_idle_connections(function: FunctionProcess) -> None:
    """A thousand clients that say nothing, or half a head, or half a body, cost little, and others are served."""
    beginnings = [b"", b"POST / HTTP/1.1\r\nHost:", HEAD + b"Content-Length: 100\r\n\r\n{"]
    before = function.resident_bytes()
    with contextlib.ExitStack() as connections:
        for index in range(1000):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", function.port), timeout=20))
            connection.sendall(beginnings[index % 3])
        assert_good_works(function)
        assert function.resident_bytes() < before + 80 * MIB
    assert_good_works(function)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"GARBAGE\r\n\r\n", id="no HTTP"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", id="two lengths"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="a bad chunk"),
        pytest.param(HEAD + b"Content-Length: 100\r\nConnection: close\r\n\r\n{", id="hung up half-way"),
    ],
)
def test_broken_http(function: FunctionProcess, raw: bytes) -> None:
    """What is not HTTP gets a 4xx or a closed connection; then the next good request works."""
    with socket.create_connection(("127.0.0.1", function.port), timeout=20) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            received = connection.recv(65536)
    assert received == b"" or received.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert_good_works(function)
