"""One call: what its answer gives, what errors say, and that no token is ever in them."""

import json
import logging
import socket
from pathlib import Path

import pytest

from function.errors import GitLabDenied, GitLabError, GitLabLimited, GitLabNotFound, GitLabRefused, GitLabUnavailable
from scaler.transport import Transport
from tests.gitlab.calls import Answer, reply
from tests.gitlab.faults import Fault
from tests.gitlab.fixtures import Served
from tests.scaler.calling import ASK, TOKEN
from tests.scaler.conftest import Connect


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


def test_nobody_there() -> None:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GitLabUnavailable, match=rf"GitLab at http://127.0.0.1:{port} cannot be reached, or broke off"):
        Transport(f"http://127.0.0.1:{port}", lambda: TOKEN).call(ASK)


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
