"""The servers that are compared: ours on both runtimes, and the Go peers; each on loopback, on the server's core."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.kit import usage
from bench.kit.machine import cores, on_core
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
FRAMEWORK, FUNC, BOOK, JSON, TUNED = "functions-framework", "func", "Go by the book", "Go, encoding/json", "Go, tuned"
OURS = (FRAMEWORK, FUNC)
AS_IT_COMES = {FRAMEWORK: "functions-framework, gunicorn's 2 s", FUNC: "func, Hypercorn's 5 s"}
"""Ours with the idle time-out that the server under it comes with: controls, which must lose calls."""
ALL = (BOOK, JSON, TUNED, FRAMEWORK, FUNC)
"""The first is what the others are compared with."""

_LAUNCH = ROOT / "tests/support/launch.py"
_SERVE = "from func_python.http import serve; from function import new; serve(new)"
_SECONDS = 60.0
_UNLIKE_A_POD = {"PYTHONDONTWRITEBYTECODE"}
"""Not handed on: an image holds its modules compiled. Where this is set, each start would compile them all anew."""


@dataclass(frozen=True)
class Setting:
    """Where servers find what they need: the built peers, the history as a file, a folder.

    `access` are the variables that lead to an API server with the history. `certificate` and `key` are paths of PEM
    files: TLS if they are there; HTTP/2 is offered only if that is said, as the API server speaks it to a webhook on
    loopback alone.
    """

    peers: Path
    history: Path
    access: Mapping[str, str]
    folder: Path
    certificate: Path | None = None
    key: Path | None = None
    http2: bool = False


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    name: str
    url: str
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def cpu_seconds(self) -> float:
        """CPU time so far."""
        return usage.cpu_seconds(self.process.pid)

    @property
    def megabytes(self) -> float:
        """Memory now."""
        return usage.megabytes(self.process.pid)


def command(name: str, port: int, setting: Setting) -> tuple[list[str], dict[str, str]]:
    """How the server `name` is started: the command, and what is added to the environment."""
    if name in {FUNC, AS_IT_COMES[FUNC]}:
        return _func(name, port, setting)
    if name in {FRAMEWORK, AS_IT_COMES[FRAMEWORK]}:
        return _framework(name, port, setting)
    program = str(setting.peers / ("tuned" if name == TUNED else "bybook"))
    options = ["-listen", f"127.0.0.1:{port}", "-history", str(setting.history)]
    options += ["-decoder", "json"] if name == JSON else []
    if setting.certificate:
        options += ["-certificate", str(setting.certificate), "-key", str(setting.key)]
    return [program, *options], {}


def _func(name: str, port: int, setting: Setting) -> tuple[list[str], dict[str, str]]:
    more = _asked(name, setting)
    started = ["-m", "bench.kit.asked_func"] if more else ["-c", _SERVE]
    more |= {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "FUNCTION_TARGET": "mutate"}
    return [str(ROOT / ".venv-func/bin/python"), *started], more


def _framework(name: str, port: int, setting: Setting) -> tuple[list[str], dict[str, str]]:
    more = _asked(name, setting)
    source = "bench/kit/asked_framework.py" if more else "function/main.py"
    program = [str(ROOT / ".venv/bin/functions-framework"), "--source", source, "--asgi", "--target", "mutate"]
    return [*program, "--host", "127.0.0.1", "--port", str(port)], more


def _asked(name: str, setting: Setting) -> dict[str, str]:
    """What a server of ours is to do otherwise than in a cluster, for bench/kit/asked_*.py; empty: nothing."""
    asked = {"BENCH_AS_IT_COMES": "1"} if name in AS_IT_COMES.values() else {}
    if setting.certificate:
        asked["BENCH_TLS"] = f"{setting.certificate}:{setting.key}"
        asked["BENCH_ALPN"] = "h2" if setting.http2 else "http/1.1"
    return asked


@contextmanager
def serving(names: Sequence[str], setting: Setting) -> Iterator[dict[str, Server]]:
    """All of `names`, listening; they end with the block."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_running(name, setting)) for name in names}


@contextmanager
def _running(name: str, setting: Setting) -> Iterator[Server]:
    port = free_port()
    words, more = command(name, port, setting)
    with start(words, {**more, **setting.access}, setting.folder / f"{port}.log") as process:
        wait_listening(port, process)
        scheme = "https" if setting.certificate else "http"
        yield Server(name, f"{scheme}://127.0.0.1:{port}/", process)


@contextmanager
def start(
    words: Sequence[str | Path], more: Mapping[str, str], log: Path, core: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program on `core` (by default the server's) until the block ends; it ends with this process in any case."""
    launcher = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid())]
    with on_core(cores()[0] if core is None else core), log.open("ab") as out:
        process = subprocess.Popen(
            [*launcher, *map(str, words)],
            cwd=ROOT,
            env={name: text for name, text in os.environ.items() if name not in _UNLIKE_A_POD} | dict(more),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Waits until something listens on `port`.

    Raises:
        TimeoutError: nothing does after a minute, or the process has ended.
    """
    deadline = time.monotonic() + _SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline or process.poll() is not None:
            raise TimeoutError(f"{process.args!r} does not listen on port {port}")
        time.sleep(0.01)
