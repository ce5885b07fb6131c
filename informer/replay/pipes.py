"""Recordings that can be read once only: they are copied to a temporary file, as a replay reads twice."""

import os
import select
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from function.errors import RecordingError
from informer.replay.recordings import Event, read_events

LOOK_SECONDS = 0.2
BLOCK_BYTES = 2**16
_DEVICES = Path("/dev")


@dataclass(frozen=True, slots=True)
class Recording:
    """Events in the file at `path`, which a person knows as `name`; `kept` is whether that file stays."""

    path: Path
    name: Path
    kept: bool

    def events(self) -> Iterator[Event]:
        """The events, as `read_events` has them."""
        return read_events(self.path, self.name)


@contextmanager
def recording_at(path: Path, stop: threading.Event) -> Iterator[Recording]:
    """The recording at `path`, or a copy for as long as it is wanted if it is a pipe or a device such as /dev/stdin.

    Raises:
        RecordingError: it cannot be read, or `stop` was set while it was.
    """
    if _stays(path):
        yield Recording(path, path, kept=True)
        return
    with tempfile.NamedTemporaryFile(suffix=path.suffix) as copy:
        try:
            with path.open("rb", buffering=0) as pipe:
                _copy(pipe.fileno(), copy, stop)
            copy.flush()
        except OSError as error:
            raise RecordingError(f"{path} cannot be read: {error}") from error
        if stop.is_set():
            raise RecordingError(f"{path}: stopped while it was read: nothing was sent")
        yield Recording(Path(copy.name), path, kept=False)


def _stays(path: Path) -> bool:
    """Whether it is a file that can be read again later; below /dev there are other names of such files too."""
    try:
        return path.is_file() and not path.is_relative_to(_DEVICES)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error}") from error


def _copy(pipe: int, copy: IO[bytes], stop: threading.Event) -> None:
    """Copies until the pipe's end; looks for `stop` while nothing comes, which a blocking read would not."""
    while not stop.is_set():
        if select.select([pipe], [], [], LOOK_SECONDS)[0]:
            block = os.read(pipe, BLOCK_BYTES)
            if not block:
                return
            copy.write(block)
