"""`python -m demo` as a process: in a pseudo-terminal of some width or into a pipe, and what it leaves behind."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SECONDS = 60.0
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
_IN_TERMINAL = (sys.executable, "-I", "-c", _TAKE_TERMINAL)
"""Makes the terminal the one that its session is controlled by: only then does Ctrl-C mean something."""


class DemoProcess:
    """The demo, its output read as it comes. Its files go to `folder`, and its processes are known by that."""

    def __init__(self, folder: Path, width: int | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._output = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._end, theirs = pty.openpty() if width else os.pipe()
        if width:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        self.process = subprocess.Popen(
            [*(_IN_TERMINAL if width else ()), sys.executable, "-m", "demo"],
            cwd=ROOT,
            env={
                "PATH": os.defpath,
                "TERM": "xterm-256color",
                "HOME": str(folder),
                "TMPDIR": str(folder),
                **(environ or {}),
            },
            stdin=theirs if width else subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(theirs)

    @property
    def text(self) -> str:
        """What was printed so far, as it came."""
        return self._output.replace("\r\n", "\n")

    @property
    def plain(self) -> str:
        """What was printed so far, without escape codes."""
        return ESCAPE.sub("", self.text)

    def read_until(self, text: str) -> None:
        """Returns when `text` was printed.

        Raises:
            TimeoutError: it was not, within a minute or at all.
        """
        deadline = time.monotonic() + _SECONDS
        while text not in self.plain:
            if not self._read(deadline):
                raise TimeoutError(f"{text!r} was not printed, but:\n{self.plain}")

    def wait(self) -> int:
        """Its exit code, once it has ended; all that it printed is read then."""
        deadline = time.monotonic() + _SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(_SECONDS)

    def press_ctrl_c(self) -> None:
        """What the terminal does with that key: SIGINT to all that run in its foreground."""
        os.write(self._end, b"\x03")

    def hang_up(self) -> None:
        """Closes our end of what it prints to."""
        os.close(self._end)
        self._end = -1

    def left_behind(self) -> list[str]:
        """Processes and files that are still there, of those that it made."""
        mark = f"HOOKRUNNER_HISTORY=file:{self._folder}/".encode()
        processes = [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in _content(path)]
        return processes + [path.name for path in self._folder.iterdir()]

    def close(self) -> None:
        """Ends it, if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(_SECONDS)
        if self._end >= 0:
            self.hang_up()

    def _read(self, deadline: float) -> bool:
        """Reads what is there; False at the end of the output."""
        readable, _, _ = select.select([self._end], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            raise TimeoutError(f"The demo prints nothing more, and does not end:\n{self.plain}")
        try:
            chunk = os.read(self._end, 65536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            return False
        self._output += self._decoder.decode(chunk)
        return bool(chunk)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended just now, or is not ours
        return b""
