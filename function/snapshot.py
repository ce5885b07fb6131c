"""An immutable view of the history, and where `mutate` finds the newest one.

A snapshot reads an entry when it is first asked for, and takes over from the one before it what did not change: a new
snapshot costs nothing per key, however long the history is, and equal entries stay the same object, so that
an answer prepared for an entry stays good until that very entry changes.
"""

from collections.abc import Mapping

from function.history import REMOVED, WARM_PREFIX, Data, Entry, read_entry, read_removed

_NOTHING = Entry()


class Snapshot:
    """The history at one moment. `entry` is for one thread at a time.

    `malformed_removals` is how many entries among the removed nodes made no sense.
    """

    def __init__(self, data: Data, before: "Snapshot | None" = None) -> None:
        self.data: Mapping[str, str] = dict(data)
        self._entries: dict[str, Entry] = {}
        self._before = before
        self._removed, self.malformed_removals = read_removed(self.data)
        if before is not None:
            before.forget_older()

    def entry(self, key: str) -> Entry:
        """What is known of `key`; an entry without warm nodes if nothing is."""
        found = self._entries.get(key)
        return self._find(key) if found is None else found

    def forget_older(self) -> None:
        """Lets go of the snapshot before this one, so that they do not pile up."""
        self._before = None

    def _find(self, key: str) -> Entry:
        if key not in self.data and WARM_PREFIX + key not in self.data:
            return _NOTHING
        entry = self._unchanged(key) or read_entry(self.data, key, self._removed)
        self._entries[key] = entry
        return entry

    def _unchanged(self, key: str) -> Entry | None:
        before = self._before
        if before is None:
            return None
        names = (key, WARM_PREFIX + key, REMOVED)
        same = all(before.data.get(name) == self.data.get(name) for name in names)
        return before.known(key) if same else None

    def known(self, key: str) -> Entry | None:
        """The entry of `key`, if it was asked for before."""
        return self._entries.get(key)
