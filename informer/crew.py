"""Threads that must all live: if one of them fails, the process must end and be started anew."""

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Crew:
    """Starts daemon threads. One that raises is logged with its trace, and sets `stop`; `failed` tells of it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._threads: list[threading.Thread] = []
        self.failed = False

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Runs `work` in a thread of its own."""
        thread = threading.Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self, seconds: float) -> None:
        """Waits until all of them have ended, `seconds` at most."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - whatever it was, the process ends with it
            _log.exception("the thread %s failed; ending, to be started anew", name)
            self.failed = True
            self._stop.set()
