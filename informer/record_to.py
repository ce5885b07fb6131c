"""`python -m informer.record_to FILE`: writes what the informer would post as JSON Lines of structured CloudEvents.

It needs no sink and no Lease, and disturbs nobody: informers may run beside it. It starts with all that is bound now.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from function import logs
from function.access import access
from function.environment import log_level
from function.errors import SettingError
from function.kubeapi import KubeApi
from informer.bindings import Naming
from informer.crew import Crew
from informer.lanes import Outgoing
from informer.leader import Leader
from informer.metrics import Metrics
from informer.settings import naming_from


class Recorder:
    """Writes each event as a line, at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.count = 0

    def put(self, event: Outgoing) -> None:
        """Writes an event. Called by two threads."""
        with self._lock:
            self._file.write(event.body + b"\n")
            self._file.flush()
            self.count += 1
        event.settled(True)


def main(arguments: Sequence[str]) -> int:
    """Writes until SIGTERM or SIGINT; 0 if it ended in order, 1 if not, 2 if a setting is wrong."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        naming = naming_from(os.environ)
        logs.configure(log_level(os.environ))
        return record(KubeApi(access(options.kubeconfig, os.environ)), naming, options.file, stop)
    except (SettingError, OSError) as error:
        sys.stderr.write(f"record_to: {error}\n")
        return 2


def record(api: KubeApi, naming: Naming, path: Path, stop: threading.Event) -> int:
    """Appends to the file at `path` until `stop` is set; 0, or 1 if something failed."""
    crew = Crew(stop)
    with path.open("ab") as file:
        recorder = Recorder(file)
        Leader(api, naming, recorder.put, {}, Metrics()).start(crew)
        stop.wait()
    sys.stderr.write(f"record_to: {recorder.count} events in {path}\n")
    return int(crew.failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m informer.record_to", description=__doc__)
    parser.add_argument("file", type=Path, help="where to append the events, one a line; /dev/stdout to see them")
    parser.add_argument(
        "--kubeconfig", type=Path, help="of the API server to watch; default: KUBECONFIG, or the pod's own cluster"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
