"""The demo's servers: what is said when one cannot start, and what of the caller's environment they see."""

import contextlib
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import interrupts
from demo.errors import DemoError
from demo.interrupts import Interrupted
from demo.servers import HOST, Server, environ_for

INTERRUPTS = 300
"""Of so many, a look that is not shielded leaves its lock taken ten times and more."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of `mutate`, not yet started."""
    made = Server("mutate", environ_for(os.environ, tmp_path / "history.yaml"), tmp_path)
    yield made
    made.stop()


def test_a_wrong_setting(tmp_path: Path) -> None:
    """A server that ends at its start is told with its exit code and the last lines of its log."""
    server = Server("mutate", {**environ_for(os.environ, tmp_path / "x"), "HOOKRUNNER_MAX_NODES": "many"}, tmp_path)
    server.start()
    with pytest.raises(
        DemoError, match=r"(?s)mutate \(pid \d+\) has ended, with exit code 2.*HOOKRUNNER_MAX_NODES='many'"
    ):
        server.wait_ready()


def test_a_port_that_is_taken(server: Server) -> None:
    """Another program on the port ends the start, and the log says so."""
    with socket.socket() as other:
        other.bind((HOST, server.port))
        other.listen()
        server.start()
        with pytest.raises(
            DemoError, match=rf"(?s)mutate \(pid \d+\) has ended.*\('{re.escape(HOST)}', {server.port}\)"
        ):
            server.wait_ready()


def test_a_server_that_hangs(server: Server) -> None:
    """One that is not ready in time is given up."""
    server.start()
    with pytest.raises(DemoError, match=r"mutate is not ready after 0 s\. Run `make demo` again"):
        server.wait_ready(seconds=0)


def test_an_interrupt_while_it_is_looked_at(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal at any moment of a look raises, and leaves the server one that can be looked at, and stopped."""
    monkeypatch.setattr("demo.interrupts.SIGNALS", (signal.SIGVTALRM,))
    before = signal.getsignal(signal.SIGVTALRM)
    interrupts.install()
    server.start()
    try:
        for number in range(INTERRUPTS):
            _look_until_interrupted(server, 1e-6 * (20 + number % 300))
    finally:
        signal.signal(signal.SIGVTALRM, before)
    server.stop()
    with pytest.raises(DemoError, match=r"mutate \(pid \d+\) has ended"):
        server.check()


def test_the_environment_of_a_server() -> None:
    """Settings of the caller's shell stay outside: the story is about the defaults."""
    caller = {"PATH": "/bin", "HOOKRUNNER_MODE": "audit", "FUNCTION_TARGET": "hook", "K_SINK": "http://x"}
    assert environ_for(caller, Path("history.yaml")) == {
        "PATH": "/bin",
        "HOOKRUNNER_HISTORY": "file:history.yaml",
    }


def _look_until_interrupted(server: Server, seconds: float) -> None:
    with contextlib.suppress(Interrupted):
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        while True:
            server.check()
