"""The history in memory: for tests, and to look at one function alone. Gone with the process."""

import threading

from function.history import Change, merge
from function.snapshot import Snapshot
from function.stores.protocol import Limits


class MemoryHistory:
    """A HistoryStore that keeps its snapshot and nothing else."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._snapshot = Snapshot({})
        self._writing = threading.Lock()

    def start(self) -> None:
        """Does nothing: there is nothing to follow."""

    def stop(self) -> None:
        """Does nothing: nothing was started."""

    def ready(self) -> str | None:
        """None: it always is."""
        return None

    def snapshot(self) -> Snapshot:
        """The history."""
        return self._snapshot

    def write(self, change: Change) -> None:
        """Adds `change`."""
        with self._writing:
            before = self._snapshot
            updates = merge(before.data, change, self._limits.max_nodes, self._limits.max_bytes)
            whole = {**before.data, **updates}
            self._snapshot = Snapshot({name: text for name, text in whole.items() if text is not None}, before)
