"""One call: how long it may last, how much it may bring, and that it ends when told."""

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from function.errors import GitLabUnavailable
from scaler.transport import MAX_BODY_BYTES, Question, Transport
from tests.gitlab.certificates import Authority
from tests.gitlab.faults import Fault
from tests.gitlab.fixtures import Served
from tests.scaler.calling import ASK, TOKEN
from tests.scaler.conftest import Connect
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def test_time_out(connect: Connect, gitlab: Served) -> None:
    """An answer that does not come in time."""
    gitlab.gitlab.faults.slow(30)
    with pytest.raises(GitLabUnavailable, match="did not answer GET /api/v4/version in time"):
        connect(gitlab).call(Question("/version", timeout=0.2))


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], None], *, reads: bool = True) -> Iterator[str]:
    """A server that answers one connection with raw bytes, after a request if it `reads`; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_one() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                if reads:
                    connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=serve_one)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "status line": b"HTTP/1.1 200 ",
    "headers": HEAD + b"X: ",
    "body": HEAD + b"Content-Length: 1000\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "body up to the end": HEAD + b"Connection: close\r\n\r\n{",
}


def drip(connection: socket.socket, start: bytes) -> None:
    """Answers byte by byte, until the client leaves, or some seconds are over."""
    connection.sendall(start)
    for _ in range(200):
        connection.sendall(b"1")
        time.sleep(0.05)


@pytest.mark.parametrize("start", DRIPS.values(), ids=DRIPS)
def test_drip(start: bytes) -> None:
    """An answer that comes byte by byte, each in time, is given up at the time-out of the whole."""
    with (
        raw_server(lambda connection: drip(connection, start)) as url,
        contextlib.closing(Transport(url, lambda: TOKEN)) as one,
        pytest.raises(GitLabUnavailable, match="did not answer GET /api/v4/version in time"),
    ):
        one.call(Question("/version", timeout=0.5))


def test_drip_over_tls(authority: Authority) -> None:
    """The same behind TLS, where a socket has a state that the reader is using."""
    identity = authority.good()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            drip(secure, DRIPS["headers"])

    with (
        raw_server(answer, reads=False) as url,
        contextlib.closing(Transport(url.replace("http:", "https:"), lambda: TOKEN, str(authority.file))) as one,
        pytest.raises(GitLabUnavailable, match="did not answer GET /api/v4/version in time"),
    ):
        one.call(Question("/version", timeout=0.5))


def test_next_call_after_a_deadline(connect: Connect, gitlab: Served) -> None:
    """A call that was cut off leaves nothing behind: the next one is answered."""
    one = connect(gitlab)
    one.call(ASK)
    gitlab.gitlab.faults.slow(30, times=1)
    with pytest.raises(GitLabUnavailable):
        one.call(Question("/version", timeout=0.2))
    one.call(ASK)


def test_close_ends_calls_under_way(gitlab: Served) -> None:
    """A call that waits for its answer ends at once when the transport is closed, and none begins any more."""
    fault = Fault(times=1, delay=3600)
    gitlab.gitlab.faults.add(fault)
    one, errors = Transport(gitlab.url, lambda: TOKEN), []

    def call() -> None:
        with pytest.raises(GitLabUnavailable) as caught:
            one.call(Question("/version", timeout=3600))
        errors.append(str(caught.value))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    wait_until(lambda: fault.times == 0, "the call is under way")
    one.close()
    thread.join(PATIENCE_SECONDS)
    call()
    assert errors == [
        f"GitLab at {gitlab.url} did not answer GET /api/v4/version in time",
        f"the connections to {gitlab.url} are closed",
    ]


def test_huge_body() -> None:
    """A body over the limit is not read to its end, also one that is small only while compressed."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nConnection: close\r\n\r\n"
    bomb = zlib.compress(b" " * (MAX_BODY_BYTES + 1))
    with (
        raw_server(lambda connection: connection.sendall(head + bomb)) as url,
        pytest.raises(GitLabUnavailable, match=f"over {MAX_BODY_BYTES} bytes"),
    ):
        Transport(url, lambda: TOKEN).call(ASK)
