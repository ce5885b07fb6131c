"""config/certs/generate.sh where something fails: it says so, replaces nothing good, and serves nothing untrusted."""

import datetime as dt
import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server, socket

import pytest
from cryptography import x509

from tests.config.certscript import CA, SETTLED, TLS, WEBHOOK, Done, Script, verifies

ALL = ("install", "renew", "rotate", "forget", "trust")


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """The script, on a cluster with a webhook and nothing else."""
    found = Script(tmp_path)
    found.prepare()
    return found


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Script:
    """The script on a cluster where it ran install; for `installed` to copy."""
    found = Script(tmp_path_factory.mktemp("installed"))
    found.prepare()
    done = found.run("install")
    assert (done.status, done.written) == (0, [CA, WEBHOOK, SETTLED, TLS]), done.said
    return found


@pytest.fixture
def installed(once: Script, tmp_path: Path) -> Script:
    """The script, on a cluster of the test's own where it ran install."""
    return Script(shutil.copytree(once.folder, tmp_path / "cluster"))


@pytest.mark.parametrize("call", ["get secret hookrunner-ca", "get secret hookrunner-tls", "get mutatingwebhook"])
@pytest.mark.parametrize("command", ["install", "renew", "rotate", "forget"])
def test_what_cannot_be_read_is_not_taken_for_absent(installed: Script, command: str, call: str) -> None:
    """A call that fails ends the command with kubectl's words, and the certificate and its authority stay."""
    before = installed.secret(TLS)["tls.crt"], installed.secret(CA)["tls.crt"]
    done = installed.run(command, fails=call)
    assert (done.status, "ServiceUnavailable" in done.said) == (1, True)
    assert (installed.secret(TLS)["tls.crt"], installed.secret(CA)["tls.crt"]) == before


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ("renew", "create secret tls"),
        ("renew", "apply"),
        ("rotate", "create secret generic"),
        ("rotate", "apply"),
        ("rotate", "patch"),
        ("forget", "apply"),
        ("forget", "patch"),
    ],
)
def test_what_cannot_be_written_is_no_success(installed: Script, command: str, call: str) -> None:
    """A write that fails ends the command: no certificate is issued after it, and what is served stays trusted."""
    before = installed.secret(TLS)["tls.crt"]
    if command == "forget":
        before = _certificate(installed.run("rotate"))
    done = installed.run(command, fails=call)
    assert (done.status, installed.secret(TLS)["tls.crt"]) == (1, before)
    assert "ServiceUnavailable" in done.said
    assert "issued" not in done.said
    assert all(step.is_served_and_trusted for step in done.steps)


@pytest.mark.parametrize("command", ALL)
def test_the_authority_of_cert_manager_is_not_touched(installed: Script, command: str) -> None:
    """A Secret without a bundle is cert-manager's: every command says so and writes nothing."""
    installed.put(CA, {key: value for key, value in installed.secret(CA).items() if key != "bundle.crt"})
    done = installed.run(command)
    assert (done.status, done.written) == (1, [])
    assert "it is cert-manager's" in done.said


@pytest.mark.parametrize("command", ["rotate", "trust"])
def test_no_webhook(installed: Script, command: str) -> None:
    """Without a webhook there is nothing that could trust first: rotate and trust say so and write nothing."""
    installed.webhook.unlink()
    done = installed.run(command)
    assert (done.status, done.written) == (1, [])
    assert "there is no webhook" in done.said


def test_the_first_install_waits_for_no_webhook(script: Script) -> None:
    """Before the webhook is there, nothing has to learn of the authority."""
    script.webhook.unlink()
    done = script.run("install")
    assert (done.status, done.written) == (0, [CA, TLS])
    assert "run trust once it is there" in done.said


@pytest.mark.parametrize("again", ["install", "renew", "rotate"])
@pytest.mark.parametrize("call", ["patch", "sleep", "create secret tls"])
def test_a_rotation_cut_short_can_go_on(installed: Script, call: str, again: str) -> None:
    """Wherever a rotation ended, it is completed without a moment in which the served certificate is not trusted."""
    cut = installed.run("rotate", fails=call)
    done = installed.run(again)
    assert (cut.status, done.status) == (1, 0), done.said
    assert done.written[-2:] == [SETTLED, TLS]
    forgotten = installed.run("forget")
    assert forgotten.written == [CA, WEBHOOK]
    assert forgotten.steps[-1].bundle == installed.secret(CA)["tls.crt"]
    steps = [*cut.steps, *done.steps, *forgotten.steps]
    assert [step.written for step in steps if not step.is_served_and_trusted] == []


def test_rotating_twice_keeps_what_is_served(installed: Script) -> None:
    """Two rotations without a forget between trust all three authorities; forget leaves the last."""
    first = installed.secret(TLS)["tls.crt"]
    second, third = installed.run("rotate"), installed.run("rotate")
    assert third.steps[-1].bundle.count("BEGIN") == 3
    assert all(verifies(third.steps[-1].bundle, one) for one in (first, _certificate(second), _certificate(third)))
    assert installed.run("forget").steps[-1].bundle.count("BEGIN") == 1


def test_forget_before_the_new_certificate_is_there(installed: Script) -> None:
    """A rotation that issued nothing yet is not forgotten: the served certificate is by the old authority."""
    installed.run("rotate", fails="create secret tls")
    done = installed.run("forget")
    assert (done.status, done.written) == (1, [])
    assert "run renew first" in done.said


def test_forget_asks_the_gateway(installed: Script, tmp_path: Path) -> None:
    """While the gateway serves the old certificate, forget refuses; once it serves the new one, it says so."""
    old = installed.secret(TLS)
    installed.run("rotate")
    with _gateway(old, tmp_path) as address:
        refused = installed.run("forget", GATEWAY=address)
    assert (refused.status, refused.written) == (1, [])
    assert "does not serve a certificate by the new authority yet" in refused.said
    with _gateway(installed.secret(TLS), tmp_path) as address:
        done = installed.run("forget", GATEWAY=address)
    assert (done.status, done.written) == (0, [CA, WEBHOOK])
    assert f"{address} serves a certificate by the new authority" in done.said


def test_forget_goes_by_the_secret_where_no_gateway_answers(installed: Script) -> None:
    """From outside the cluster the Secret must do; forget says that it went by it."""
    installed.run("rotate")
    done = installed.run("forget", GATEWAY="127.0.0.1:1")
    assert (done.status, done.written) == (0, [CA, WEBHOOK])
    assert "cannot ask 127.0.0.1:1" in done.said


def test_no_certificate_outlives_its_authority(script: Script) -> None:
    """An authority that ends soon is told of each time; its certificate ends no later, and is made once only."""
    assert script.run("install", CA_DAYS="5").status == 0
    assert (
        dt.timedelta(0) <= _end(script.secret(CA)["tls.crt"]) - _end(script.secret(TLS)["tls.crt"]) <= dt.timedelta(1)
    )
    again = script.run("install")
    assert (again.status, again.written) == (0, [])
    assert "the authority ends soon" in again.said
    assert "run rotate" in again.said


@pytest.mark.parametrize("command", ["install", "renew"])
def test_an_authority_that_has_ended_signs_nothing(script: Script, command: str) -> None:
    """In its last day and after, install and renew refuse and say what to do; rotate then mends it."""
    assert script.run("install", CA_DAYS="1").status == 1
    done = script.run(command)
    assert (done.status, done.written) == (1, [])
    assert "the authority ends or has ended" in done.said
    mended = script.run("rotate")
    assert (mended.status, mended.steps[-1].is_served_and_trusted) == (0, True)


def test_what_openssl_says_is_shown(installed: Script) -> None:
    """An authority whose key is damaged: renew fails, and openssl's own words are there."""
    before = installed.secret(TLS)["tls.crt"]
    installed.put(CA, installed.secret(CA) | {"tls.key": "no key"})
    done = installed.run("renew")
    assert (done.status, installed.secret(TLS)["tls.crt"]) == (1, before)
    assert "certificates: openssl x509 failed" in done.said
    assert len(done.said.splitlines()) > 1


def test_show_tells_of_the_authority_of_cert_manager_too(installed: Script) -> None:
    """It reads only, and needs no bundle."""
    installed.put(CA, {"tls.crt": installed.secret(CA)["tls.crt"]})
    done = installed.run("show")
    assert (done.status, done.written) == (0, [])
    assert [line.split(" until ")[0] for line in done.said.splitlines()] == [
        "certificates: authority",
        "certificates: certificate",
    ]


def _certificate(done: Done) -> str:
    return done.steps[-1].certificate


def _end(certificate: str) -> dt.datetime:
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


@contextmanager
def _gateway(secret: dict[str, str], folder: Path) -> Iterator[str]:
    """A server that shows a certificate to whoever connects, once; its address."""
    for name, text in secret.items():
        (folder / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, context))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _greet(listener: socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as channel:
        channel.recv(1)
