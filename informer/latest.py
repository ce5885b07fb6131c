"""The last binding that was seen on each node, for the removal of the node."""

from collections import OrderedDict
from datetime import datetime

from informer.checkpoint import number_of


class LastBound:
    """Of each node the last binding: its time, and a resourceVersion at which it was there. For two threads.

    The nodes of which nothing was heard for longest are forgotten beyond `limit`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def note(self, node: str, time: datetime, version: str) -> None:
        """Notes a binding."""
        self._seen[node] = (time, number_of(version))
        self._seen.move_to_end(node)
        if len(self._seen) > self._limit:
            self._seen.popitem(last=False)

    def before(self, node: str, version: str) -> datetime | None:
        """The time of that binding, if it was there before `version`: a later one is on another node of this name.

        Pods and nodes have their resourceVersions from one counter, as long as one etcd holds both.
        """
        time, seen = self._seen.get(node, (None, 0))
        return time if 0 < seen < number_of(version) else None
