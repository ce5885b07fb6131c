"""The history in memory."""

import threading

from function.history import Change
from function.stores.memory import MemoryHistory
from function.stores.protocol import Limits

EIGHT = 1_795_507_200


def test_write_and_read() -> None:
    """What is written is read; a removal takes the readable line away."""
    history = MemoryHistory(Limits(8, 1_000_000))
    history.start()
    assert (history.ready(), history.snapshot().data) == (None, {})
    history.write(Change({"17": {"node-3": EIGHT}}))
    warm = '{"node-3":"2026-11-24T08:00:00Z"}'
    assert history.snapshot().data == {"17": "node-3", "_warm.17": warm}
    history.write(Change(removed={"node-3": EIGHT}))
    assert history.snapshot().data == {"_warm.17": warm, "_removed": warm}
    history.stop()


def test_threads_lose_nothing() -> None:
    """Writes from many threads are all kept."""
    history = MemoryHistory(Limits(8, 1_000_000))
    threads = [
        threading.Thread(target=history.write, args=(Change({f"key-{number}": {"node-3": EIGHT}}),))
        for number in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(history.snapshot().entry(f"key-{number}").warm for number in range(50))
