"""The API client against a real HTTP server: requests as they are sent, and every answer as its error."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from function.access import access
from function.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiGone,
    ApiNotFound,
    ApiUnavailable,
)
from function.kubeapi import MERGE_PATCH, KubeApi


class Server:
    """Answers each connection with the next of `answers`, byte for byte; `hold` keeps it open after that."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self.hold = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it."""
        self.hold.clear()
        with contextlib.suppress(OSError):  # it is closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        while len(body) < int(length.partition(b":")[2]):
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        connection.sendall(self.answers.pop(0))
        if self.hold.is_set():
            connection.recv(1)  # until the client has had enough


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback."""
    found = Server()
    yield found
    found.close()


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[KubeApi]:
    """The client, led there by a kubeconfig with a token."""
    client = KubeApi(access(kubeconfig(tmp_path, f"http://127.0.0.1:{server.port}"), {}))
    yield client
    client.close()


def kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig file for that server."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "it", "user": {"token": "s3cret"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def answer(status: int, body: bytes, *headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunks(*pieces: bytes, end: bool = True) -> bytes:
    """An answer in chunks, with or without its end."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n" * end


def test_request(api: KubeApi, server: Server) -> None:
    """What is sent: path and query, token, content type, the body as JSON."""
    server.answers = [answer(200, b'{"ok":1}')]
    body = {"data": {"17": None}}
    sent = api.call("PATCH", "/api/v1/x", query={"a": "b=c&d"}, body=body, content_type=MERGE_PATCH)
    assert sent == b'{"ok":1}'
    head, _, posted = server.requests[0].decode().partition("\r\n\r\n")
    line, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    told = {name: headers[name] for name in ("authorization", "content-type", "accept", "user-agent")}
    assert (line, json.loads(posted)) == ("PATCH /api/v1/x?a=b%3Dc%26d HTTP/1.1", body)
    assert told == {
        "authorization": "Bearer s3cret",
        "content-type": "application/merge-patch+json",
        "accept": "application/json",
        "user-agent": "hookrunner",
    }


STATUS = b'{"kind":"Status","message":"because","code":%d}'


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ApiDenied),
        (401, ApiDenied),
        (403, ApiDenied),
        (404, ApiNotFound),
        (408, ApiUnavailable),
        (409, ApiConflict),
        (410, ApiGone),
        (422, ApiDenied),
        (429, ApiUnavailable),
        (500, ApiUnavailable),
        (503, ApiUnavailable),
    ],
)
def test_status(api: KubeApi, server: Server, status: int, error: type[ApiError]) -> None:
    """Each status is its error, for a call and for a watch, with the server's own words."""
    server.answers = [answer(status, STATUS % status)] * 2
    with pytest.raises(ApiError) as called:
        api.call("GET", "/x")
    with pytest.raises(ApiError) as watched:
        next(api.lines("/x", {}, 5.0))
    for caught in (called.value, watched.value):
        assert (type(caught), caught.status, str(caught)) == (error, status, f"GET /x: {status} because")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("Tue, 24 Nov 2026 08:00:00 GMT", None), ("-1", None), ("\u00b2", None)],
    ids=["seconds", "a date", "nonsense", "a digit that is none"],
)
def test_retry_after(api: KubeApi, server: Server, header: str, seconds: float | None) -> None:
    """How long the server asks to wait, where it says so in seconds."""
    server.answers = [answer(429, STATUS % 429, f"Retry-After: {header}")]
    with pytest.raises(ApiUnavailable) as caught:
        api.call("GET", "/x")
    assert caught.value.retry_after == seconds


def test_an_error_that_is_no_status(api: KubeApi, server: Server) -> None:
    """Some proxy's page is not repeated."""
    server.answers = [answer(502, b"<html>s3cret</html>")]
    with pytest.raises(ApiUnavailable) as caught:
        api.call("GET", "/x")
    assert str(caught.value) == "GET /x: 502 with a body that is no Status"


def test_redirects_are_not_followed(api: KubeApi, server: Server) -> None:
    """The token goes nowhere else."""
    server.answers = [answer(302, b"", f"Location: http://127.0.0.1:{server.port}/elsewhere"), answer(200, b"{}")]
    with pytest.raises(ApiUnavailable):
        api.call("GET", "/x")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"", id="closes without a word"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", id="closes half-way"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="speaks something else"),
    ],
)
def test_broken_answer(api: KubeApi, server: Server, said: bytes) -> None:
    """An answer that is none is an API server that is away, and is not asked twice."""
    server.answers = [said, answer(200, b"{}")]
    with pytest.raises(ApiUnavailable, match=r"GET /x: no answer from the API server \(\w+\)"):
        api.call("GET", "/x")
    assert len(server.requests) == 1


def test_no_answer_in_time(api: KubeApi, server: Server) -> None:
    """A call does not wait for ever."""
    server.answers = [b"HTTP/1.1 200 OK\r\n"]
    server.hold.set()
    with pytest.raises(ApiUnavailable, match="no answer from the API server"):
        api.call("GET", "/x", seconds=0.1)


def test_nobody_listens(api: KubeApi, server: Server) -> None:
    """A closed port is an API server that is away."""
    server.close()
    with pytest.raises(ApiUnavailable, match="no answer from the API server"):
        api.call("GET", "/x")


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        pytest.param(chunks(b'{"a":1}\n', b'{"b":2}\n'), [b'{"a":1}', b'{"b":2}'], id="a line in each chunk"),
        pytest.param(chunks(b'{"a"', b':1}\n{"b":2}', b"\n"), [b'{"a":1}', b'{"b":2}'], id="chunks anywhere"),
        pytest.param(chunks(b"1\n\n\n2\n"), [b"1", b"2"], id="empty lines are none"),
        pytest.param(chunks(b'{"a":1}\n', b'{"b":'), [b'{"a":1}'], id="a last line that was cut off"),
        pytest.param(chunks(), [], id="nothing"),
        pytest.param(chunks(b"x" * 300_000 + b"\n"), [b"x" * 300_000], id="a long line"),
    ],
)
def test_lines(api: KubeApi, server: Server, said: bytes, lines: list[bytes]) -> None:
    """The lines of a watch, whole ones only."""
    server.answers = [said]
    assert list(api.lines("/x", {"watch": "true"}, 5.0)) == lines
    assert server.requests[0].startswith(b"GET /x?watch=true HTTP/1.1\r\n")


@pytest.mark.parametrize("hold", [True, False], ids=["silence", "the connection breaks"])
def test_a_watch_that_is_lost(api: KubeApi, server: Server, *, hold: bool) -> None:
    """Lines that came are given; then silence, or the connection's end, is an error."""
    server.answers = [chunks(b"1\n", b"2\n", end=False)]
    if hold:
        server.hold.set()
    lines = api.lines("/x", {}, 2.0)
    assert [next(lines), next(lines)] == [b"1", b"2"]
    with pytest.raises(ApiUnavailable, match="GET /x: no answer from the API server"):
        next(lines)


def test_leaving_a_watch(api: KubeApi, server: Server) -> None:
    """Who closes the lines ends the request."""
    server.answers = [chunks(b"1\n", end=False), answer(200, b"{}")]
    server.hold.set()
    lines = api.lines("/x", {}, 20.0)
    assert next(lines) == b"1"
    lines.close()  # type: ignore[attr-defined]  # a generator, which is an iterator that can be closed
    server.hold.clear()
    assert api.call("GET", "/y") == b"{}"
