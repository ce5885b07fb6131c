"""The functions as processes: served by functions-framework on free ports of loopback, ended by their pids."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from demo.errors import DemoError
from demo.interrupts import postponed

HOST = "127.0.0.1"
SOURCE = Path(__file__).parent.parent / "function" / "main.py"
START_SECONDS = 60.0
STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_TAIL = 12


class Server:
    """One function as a process. Its log goes to a file in `folder`."""

    def __init__(self, target: str, environ: Mapping[str, str], folder: Path) -> None:
        self.target = target
        self.port = free_port()
        self.log = folder / f"{target}.log"
        # gunicorn puts a control socket there, or else into the home folder, over that of any other gunicorn.
        self._environ = {**environ, "XDG_RUNTIME_DIR": str(folder)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process ID; 0 before the start."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Starts the process; it answers some time later.

        Raises:
            DemoError: functions-framework is not installed beside this Python.
        """
        framework = Path(sys.executable).with_name("functions-framework")
        if not framework.exists():
            raise DemoError(f"{framework} is not there: run `make demo`, which sets up the environment")
        command: list[str | Path] = [framework, "--source", SOURCE, "--asgi", "--target", self.target]
        with self.log.open("wb") as log, postponed():
            # A session of its own: Ctrl-C in the terminal reaches the demo alone, which then ends its servers.
            self._process = subprocess.Popen(  # noqa: S603 - a fixed program, with arguments of our own
                [*command, "--host", HOST, "--port", str(self.port)],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Returns when the function answers that it is ready.

        Raises:
            DemoError: the process ended, or is not ready after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(f"{self.target} is not ready after {seconds:g} s.{self._last_words()}")
            time.sleep(_LOOK_SECONDS)

    def check(self, seconds: float = 0.0) -> None:
        """Returns if the process runs, and still does after `seconds`.

        Raises:
            DemoError: it has ended.
        """
        deadline = time.monotonic() + seconds
        while (code := self._exit_code()) is None:
            if time.monotonic() >= deadline:
                return
            time.sleep(_LOOK_SECONDS)
        raise DemoError(f"{self.target} (pid {self.pid}) has ended, {_cause(code)}.{self._last_words()}")

    def stop(self) -> None:
        """Ends the process and what it started; does nothing if it does not run."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # workers that outlived their master
        self._process.wait()

    def _exit_code(self) -> int | None:
        # Interrupted in the midst of a look, Popen would keep its lock, and stop() would wait for that for ever.
        with postponed():
            return self._process.poll() if self._process else None

    def _is_ready(self) -> bool:
        try:
            url = f"http://{HOST}:{self.port}/health/readiness"
            return urllib3.request("GET", url, timeout=1.0, retries=False).status == 200  # noqa: PLR2004 - HTTP's OK
        except HTTPError:
            return False

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_TAIL:] if self.log.exists() else []
        said = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
        return f" Run `make demo` again; if it happens again, please report it with the end of its log:\n{said}"


@contextlib.contextmanager
def running(targets: tuple[str, ...], environ: Mapping[str, str], folder: Path) -> Iterator[list[Server]]:
    """Servers of `targets`, started; they have ended when the block ends."""
    servers = [Server(target, environ, folder) for target in targets]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        with postponed():
            for server in servers:
                server.stop()


def environ_for(environ: Mapping[str, str], history: Path) -> dict[str, str]:
    """The environment of a server: the caller's without any setting of Hookrunner's, so that the story holds."""
    ours = ("HOOKRUNNER_", "FUNCTION_", "K_", "GUNICORN_")
    kept = {name: text for name, text in environ.items() if not name.startswith(ours)}
    return kept | {"HOOKRUNNER_HISTORY": f"file:{history}"}


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _cause(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
