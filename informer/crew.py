"""Threads that must all live: if one of them fails, the process must end and be started anew."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Crew:
    """Starts daemon threads. One that raises is logged with its trace, and sets `stop`; `failed` tells of it."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.failed = False

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Runs `work` in a thread of its own."""
        threading.Thread(target=self._run, args=(name, work), name=name, daemon=True).start()

    def _run(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - whatever it was, the process ends with it
            _log.exception("the thread %s failed; ending, to be started anew", name)
            self.failed = True
            self._stop.set()
