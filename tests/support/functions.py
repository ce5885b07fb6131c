"""A function as a process, started as the README's commands start it, on either runtime.

with start_function("func", "record", {"HOOKRUNNER_HISTORY": "memory:"}) as base_url:
    ...
"""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
RUNTIMES = ("functions-framework", "func")
"""Both are in environments of their own: `make setup` makes them."""

_LAUNCH = ROOT / "tests/support/launch.py"
_SERVE = "from func_python.http import serve; from function import new; serve(new)"
_TAIL = 30  # lines of the log that an error shows
_PAUSE = 0.02  # seconds between two looks at whether it is ready


class FunctionError(Exception):
    """A function's process ended, or was not ready in time; the message shows the end of its log."""


class FunctionProcess:
    """One function on one runtime. It ends with the thread that started it, so start it in the main thread.

    `environ` is all of its settings: nothing of the test's own environment but PATH, HOME and coverage's reaches it.
    """

    def __init__(self, runtime: str, target: str, environ: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._command = _command(runtime, target, self.port)
        self._environ = {**_kept(), **_own(runtime, target, self.port), **environ}
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Starts it without waiting."""
        launcher = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher, *self._command],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def wait_ready(self, seconds: float = 30) -> None:
        """Waits until /health/readiness says 200.

        Raises:
            FunctionError: it ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if self._started().poll() is not None:
                raise FunctionError(f"It ended at its start. Its last lines:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise FunctionError(f"It was not ready after {seconds:g} s. Its last lines:\n{self.tail()}")
            time.sleep(_PAUSE)

    def wait_ended(self, seconds: float = 30) -> int:
        """Its exit code, once it has ended by itself."""
        return self._started().wait(seconds)

    def stop(self, seconds: float = 30) -> int:
        """Asks it to end (SIGTERM), as Kubernetes does, and gives its exit code; negative where a signal ended it."""
        self._started().send_signal(signal.SIGTERM)
        return self._started().wait(seconds)

    def freeze(self) -> None:
        """Stops it in its tracks (SIGSTOP): it keeps its port and answers nobody."""
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """Ends it at once if it still runs, and its worker processes with it."""
        process = self._started()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def pids(self) -> list[int]:
        """The pids of the process and of its workers (functions-framework serves in a child)."""
        pid = self._started().pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def resident_bytes(self) -> int:
        """Memory that it holds now (resident set), workers included; pages that they share count for each."""
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids())
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise FunctionError("It is not running: launch() it first.")
        return self._process

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/readiness")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextlib.contextmanager
def run_function(runtime: str, target: str, environ: Mapping[str, str]) -> Iterator[FunctionProcess]:
    """A function that is ready; on leaving it is asked to end, and made to if it does not.

    Raises:
        FunctionError: it ended at its start, or was not ready in time; or it did not end when it was asked to.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = FunctionProcess(runtime, target, environ, Path(folder) / "log")
        process.launch()
        try:
            process.wait_ready()
            yield process
            process.stop()
        except subprocess.TimeoutExpired:
            raise FunctionError(f"It did not end when it was asked to. Its last lines:\n{process.tail()}") from None
        finally:
            process.kill()


@contextlib.contextmanager
def start_function(runtime: str, target: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The base URL of a function that is ready, for who needs no more of it; see `run_function`."""
    with run_function(runtime, target, environ) as process:
        yield process.url


def _command(runtime: str, target: str, port: int) -> list[str]:
    if runtime == "func":
        return [str(ROOT / ".venv-func/bin/python"), "-c", _SERVE]
    served = ["--source", "function/main.py", "--asgi", "--target", target]
    return [str(ROOT / ".venv/bin/functions-framework"), *served, "--host", "127.0.0.1", "--port", str(port)]


def _own(runtime: str, target: str, port: int) -> dict[str, str]:
    if runtime == "func":
        return {"FUNCTION_TARGET": target, "LISTEN_ADDRESS": f"127.0.0.1:{port}"}
    return {}


def _kept() -> dict[str, str]:
    names = (name for name in os.environ if name in {"PATH", "HOME"} or name.startswith("COVERAGE_"))
    return {name: os.environ[name] for name in names}
