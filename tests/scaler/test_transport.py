"""One call: TLS, redirects, limits in time and size; what errors say, and that no token is ever in them."""

import contextlib
import json
import logging
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from function.errors import (
    GitLabDenied,
    GitLabError,
    GitLabLimited,
    GitLabNotFound,
    GitLabRefused,
    GitLabUnavailable,
)
from scaler.transport import MAX_BODY_BYTES, Question, Transport
from tests.gitlab.calls import Answer, reply
from tests.gitlab.certificates import Authority
from tests.gitlab.faults import Fault
from tests.gitlab.fixtures import Served
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.support.waiting import PATIENCE_SECONDS, wait_until

TOKEN = "glpat-0123456789abcdefghij"
ASK = Question("/version", timeout=5.0)


Connect = Callable[..., Transport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes transports to a fake GitLab, which then knows the token; closes them in the end."""
    with contextlib.ExitStack() as made:

        def one(served: Served, token: Callable[[], str] = lambda: TOKEN, verify: bool | str = True) -> Transport:
            served.gitlab.instance.add_token(served.gitlab.token.user, TOKEN)
            transport = Transport(served.url, token, verify)
            made.callback(transport.close)
            return transport

        yield one


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A CA of the test's own."""
    return Authority(tmp_path / "ca")


def test_answer(connect: Connect, gitlab: Served) -> None:
    """The body of a 2xx, and its headers whatever their case."""
    answer = connect(gitlab).call(ASK)
    assert (json.loads(answer.body)["version"], answer.headers["CONTENT-TYPE"]) == ("19.4.0-ee", "application/json")


def test_rotated_token(connect: Connect, gitlab: Served) -> None:
    """The token is read at each call: a rotated one is used at once."""
    tokens = iter([TOKEN, "glpat-revoked", TOKEN])
    one = connect(gitlab, lambda: next(tokens))
    one.call(ASK)
    with pytest.raises(GitLabDenied):
        one.call(ASK)
    one.call(ASK)
    assert [call.status for call in gitlab.gitlab.record.calls] == [200, 401, 200]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (reply({"message": "401 Unauthorized"}, 401), GitLabDenied, ": '401 Unauthorized'"),
        (reply({"error": "a", "error_description": "needs read_api"}, 403), GitLabDenied, ": 'needs read_api'"),
        (reply({"message": "404 Project Not Found"}, 404), GitLabNotFound, ": '404 Project Not Found'"),
        (reply({"message": f"bad token {TOKEN}"}, 400), GitLabRefused, ": 'bad token <token>'"),
        (Answer(405, b""), GitLabRefused, ""),
        (Answer(408, b""), GitLabUnavailable, ""),
        (Answer(502, b"<html>" * 100), GitLabUnavailable, ""),
        (reply(["strange"], 501), GitLabUnavailable, ""),
        (reply({"message": "x" * 9999}, 500), GitLabUnavailable, f": '{'x' * 80}...'"),
        (Answer(429, b"Retry later\n", {"retry-after": "7"}), GitLabLimited, ""),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else "",
)
def test_errors(connect: Connect, gitlab: Served, answer: Answer, kind: type[GitLabError], said: str) -> None:
    """Each refusal is one of our errors, with what GitLab said, short, and without the token."""
    gitlab.gitlab.faults.add(Fault(answer=answer))
    with pytest.raises(GitLabError) as caught:
        connect(gitlab).call(ASK)
    assert (type(caught.value), caught.value.status) == (kind, answer.status)
    assert str(caught.value) == f"GitLab answered {answer.status} to GET /api/v4/version{said}"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://127.0.0.1:1/x", "'https://127.0.0.1:1'"),
        ("http://gitlab.example.com/?private_token=stolen", "'http://gitlab.example.com'"),
        ("//gitlab.example.com/x", "'http://gitlab.example.com'"),
        ("http://localhost.evil.example/x", "'http://localhost.evil.example'"),
    ],
)
def test_redirect_to_another_host(connect: Connect, gitlab: Served, location: str, message: str) -> None:
    """A redirect to another host, port or scheme is not followed; the error says where it leads."""
    gitlab.gitlab.faults.redirect(location)
    with pytest.raises(GitLabRefused) as caught:
        connect(gitlab).call(ASK)
    assert str(caught.value) == (
        f"GitLab redirects to {message}: the token does not go there; give GitLab's own address as gitlabUrl"
    )


def test_token_does_not_follow_a_redirect(connect: Connect, gitlab: Served) -> None:
    """The other host, a second GitLab here, is never called at all."""
    other = GitLab()
    with serve(other) as url:
        gitlab.gitlab.faults.redirect(f"{url}/api/v4/version")
        with pytest.raises(GitLabRefused):
            connect(gitlab).call(ASK)
    assert other.record.calls == []


def test_redirect_on_the_same_host(connect: Connect, gitlab: Served) -> None:
    """A moved project, say: followed, with the token."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/metadata", "version$")
    assert json.loads(connect(gitlab).call(ASK).body)["enterprise"] is True


def test_redirects_in_circles(connect: Connect, gitlab: Served) -> None:
    """A loop ends."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/version")
    with pytest.raises(GitLabRefused, match="redirects GET /api/v4/version in circles"):
        connect(gitlab).call(ASK)


def test_redirected_post(connect: Connect, gitlab: Served) -> None:
    """A POST that is redirected would become a GET: refused."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/version", "graphql$")
    with pytest.raises(GitLabRefused, match="redirects POST /api/graphql: give its final gitlabUrl"):
        connect(gitlab).call(Question("/api/graphql", 5.0, body={"query": "{ currentUser { id } }"}))


def test_ca_file(tmp_path: Path, authority: Authority) -> None:
    """With its CA, the certificate is trusted; without, or with another, the error says why and what to give."""
    fake = GitLab()
    fake.instance.add_token(fake.token.user, TOKEN)
    errors = []
    with serve(fake, tls=authority.good()) as url:
        with contextlib.closing(Transport(url, lambda: TOKEN, str(authority.file))) as trusting:
            trusting.call(ASK)
        for verify in (True, str(Authority(tmp_path / "other").file)):
            with pytest.raises(GitLabRefused) as caught:
                Transport(url, lambda: TOKEN, verify).call(ASK)
            errors.append(str(caught.value))
        insecure = contextlib.closing(Transport(url, lambda: TOKEN, verify=False))
        with insecure as careless, pytest.warns(match="Unverified HTTPS"):
            careless.call(ASK)
    why = "unable to get local issuer certificate"
    assert errors == [f"the certificate of {url} is not trusted: {why}; give its CA as caFile"] * 2
    assert [call.status for call in fake.record.calls] == [200, 200]


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        ("expired", "certificate has expired"),
        ("other_host", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_bad_certificate(connect: Connect, authority: Authority, identity: str, why: str) -> None:
    """An expired certificate, and one of another host: a clear error."""
    fake = GitLab()
    with serve(fake, tls=getattr(authority, identity)()) as url, pytest.raises(GitLabRefused) as caught:
        connect(Served(fake, url), verify=str(authority.file)).call(ASK)
    assert str(caught.value) == f"the certificate of {url} is not trusted: {why}; give its CA as caFile"
    assert fake.record.calls == []


def test_ca_file_that_is_none(connect: Connect, tmp_path: Path, authority: Authority) -> None:
    """A CA file that holds no certificate, or is gone: the error names it and says what to do."""
    empty, gone = tmp_path / "empty.pem", tmp_path / "gone.pem"
    empty.write_text("no certificate")
    errors = []
    with serve(GitLab(), tls=authority.good()) as url:
        for verify in (empty, gone):
            with pytest.raises(GitLabRefused) as caught:
                connect(Served(GitLab(), url), verify=str(verify)).call(ASK)
            errors.append(str(caught.value))
    assert errors == [
        f"caFile: '{empty}' holds no certificate: it must be a PEM file with the CA of GitLab's certificate",
        f"caFile: '{gone}' cannot be read: No such file or directory; mount it into the scaler's CA folder",
    ]


def test_no_tls_there(connect: Connect, gitlab: Served) -> None:
    """A port that speaks plain HTTP, asked over TLS."""
    with pytest.raises(GitLabUnavailable, match=r"TLS with https://127\.0\.0\.1:"):
        connect(Served(gitlab.gitlab, gitlab.url.replace("http:", "https:"))).call(ASK)


def test_time_out(connect: Connect, gitlab: Served) -> None:
    """An answer that does not come in time."""
    gitlab.gitlab.faults.slow(30)
    with pytest.raises(GitLabUnavailable, match="did not answer GET /api/v4/version in time"):
        connect(gitlab).call(Question("/version", timeout=0.2))


def test_nobody_there() -> None:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GitLabUnavailable, match=rf"GitLab at http://127.0.0.1:{port} cannot be reached, or broke off"):
        Transport(f"http://127.0.0.1:{port}", lambda: TOKEN).call(ASK)


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


def test_rotation_closes_the_old_connection(connect: Connect, gitlab: Served) -> None:
    """Each rotated token's connection is closed, and the next one's is the only one that is kept."""
    tokens = [f"glpat-{number}" for number in range(5)]
    for token in tokens:
        gitlab.gitlab.instance.add_token(gitlab.gitlab.token.user, token)
    rotated = iter(tokens)
    one = connect(gitlab, lambda: next(rotated))
    sessions = []
    for _ in tokens:
        one.call(ASK)
        (client,) = one._clients.values()
        sessions.append(client.session)
    assert [session.sockets.expired for session in sessions] == [True] * 4 + [False]


def test_huge_body() -> None:
    """A body over the limit is not read to its end, also one that is small only while compressed."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nConnection: close\r\n\r\n"
    bomb = zlib.compress(b" " * (MAX_BODY_BYTES + 1))
    with (
        raw_server(lambda connection: connection.sendall(head + bomb)) as url,
        pytest.raises(GitLabUnavailable, match=f"over {MAX_BODY_BYTES} bytes"),
    ):
        Transport(url, lambda: TOKEN).call(ASK)


def test_token_in_no_log(connect: Connect, gitlab: Served, caplog: pytest.LogCaptureFixture) -> None:
    """At the most talkative level, with every library's logs, no log line holds the token."""
    caplog.set_level(logging.DEBUG)
    one = connect(gitlab)
    one.call(ASK)
    gitlab.gitlab.faults.status(500)
    with pytest.raises(GitLabUnavailable):
        one.call(ASK)
    assert caplog.text != ""
    assert TOKEN not in caplog.text


def test_netrc_is_not_read(connect: Connect, gitlab: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .netrc on the machine does not replace the token."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    connect(gitlab).call(ASK)
    assert [call.status for call in gitlab.gitlab.record.calls] == [200]
