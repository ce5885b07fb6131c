"""A HistoryStore in the cluster: the mirror reads the ConfigMap, the writer writes it."""

from function.history import Change
from function.snapshot import Snapshot
from function.stores.configmap import ConfigMapWriter
from function.stores.mirror import Mirror


class ClusterHistory:
    """Reads by a mirror and writes by a writer of the same ConfigMap; a process mostly needs one of the two."""

    def __init__(self, mirror: Mirror, writer: ConfigMapWriter) -> None:
        self._mirror = mirror
        self._writer = writer

    def start(self) -> None:
        """Begins to follow the ConfigMap."""
        self._mirror.start()

    def stop(self) -> None:
        """Stops following it."""
        self._mirror.stop()

    def ready(self) -> str | None:
        """None once the first list is there, or ten seconds have passed."""
        return self._mirror.ready()

    def snapshot(self) -> Snapshot | None:
        """The newest history that is known."""
        return self._mirror.snapshot()

    def write(self, change: Change) -> None:
        """Adds `change`; see ConfigMapWriter."""
        self._writer.write(change)
