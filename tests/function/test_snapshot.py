"""A view of the history: what does not change keeps its entries, and old views do not pile up."""

import gc
import weakref

import pytest

from function.history import Entry
from function.snapshot import Snapshot

DATA = {"17": "node-3", "18": "node-4"}


def test_entry() -> None:
    """An entry is read once; what is not there has none."""
    snapshot = Snapshot(DATA)
    assert snapshot.entry("17") == Entry((("node-3", 0),))
    assert snapshot.entry("17") is snapshot.entry("17")
    assert snapshot.entry("19") == Entry()


@pytest.mark.parametrize(
    ("data", "same"),
    [
        pytest.param(DATA, True, id="nothing changed"),
        pytest.param({**DATA, "18": "node-9"}, True, id="another key changed"),
        pytest.param({**DATA, "17": "node-9"}, False, id="its node changed"),
        pytest.param({**DATA, "_warm.17": "{}"}, False, id="its list came"),
        pytest.param({**DATA, "_removed": "{}"}, False, id="the removed nodes changed"),
    ],
)
def test_entries_are_taken_over(data: dict[str, str], *, same: bool) -> None:
    """The next snapshot keeps an entry if nothing that it was read from changed."""
    before = Snapshot(DATA)
    entry = before.entry("17")
    assert (Snapshot(data, before).entry("17") is entry) is same


def test_what_was_not_asked_for_is_read_anew() -> None:
    """An entry that the snapshot before never read is read when it is asked for."""
    assert Snapshot(DATA, Snapshot(DATA)).entry("17") == Entry((("node-3", 0),))


def test_data_is_its_own() -> None:
    """What happens to the data afterwards does not reach the snapshot."""
    data = dict(DATA)
    snapshot = Snapshot(data)
    data["17"] = "node-9"
    assert snapshot.entry("17") == Entry((("node-3", 0),))


def test_old_snapshots_go() -> None:
    """Only the one before is kept, however many there were."""
    snapshots = [Snapshot(DATA)]
    oldest = weakref.ref(snapshots[0])
    for _ in range(2):
        snapshots = [Snapshot(DATA, snapshots[0])]
    gc.collect()
    assert oldest() is None
