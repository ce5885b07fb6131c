"""One program of the control plane as a process: start, kill, start again, and what it said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.controlplane.errors import StartError

_LAUNCH = Path(__file__).parents[1] / "support" / "launch.py"
_TAIL = 15  # lines of the log that an error shows
_PAUSE = 0.02  # seconds between two looks at whether it is ready


class Process:
    """A program that is started on purpose, and as often as a test wants.

    `ready` says whether it answers. The process ends with the thread that started it (PR_SET_PDEATHSIG), so
    start it in the main thread.
    """

    def __init__(self, name: str, command: Sequence[str | Path], log: Path, ready: Callable[[], bool]) -> None:
        self.name = name
        self.log = log
        self._command = [str(word) for word in command]
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid; the process must have been started."""
        if self._process is None:
            raise StartError(f"{self.name} is not running: start() it first")
        return self._process.pid

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it is ready.

        Raises:
            StartError: it ended, or was not ready in time.

        """
        self.launch()
        self.wait_ready(seconds)

    def launch(self) -> None:
        """Start it without waiting."""
        launcher = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid())]
        with self.log.open("ab") as log:
            # A process group of its own: Ctrl-C reaches the test alone, which then ends the programs.
            self._process = subprocess.Popen(
                [*launcher, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def wait_ready(self, seconds: float = 60) -> None:
        """Wait until it is ready; raises StartError as `start` does."""
        deadline = time.monotonic() + seconds
        while not self._ready():
            if not self.is_running():
                raise self._failure("ended at its start")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready after {seconds:.0f} s")
            time.sleep(_PAUSE)

    def is_running(self) -> bool:
        """Say whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would; do nothing if it is not running."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Stop it in its tracks (SIGSTOP): it keeps its port and answers nobody, as a node that hangs."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def restart(self, seconds: float = 60) -> None:
        """Kill it and start it again, on the same ports and data."""
        self.kill()
        self.start(seconds)

    def tail(self) -> str:
        """Return the last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])

    def _failure(self, what: str) -> StartError:
        return StartError(f"{self.name} {what}. Its last lines, of {self.log}:\n{self.tail()}")
