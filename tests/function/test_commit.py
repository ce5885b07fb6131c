"""Group commit: many changes, few writes, every waiter told what became of its own."""

import asyncio
import threading

import pytest

from function.commit import MAX_WAITING, GroupCommit
from function.errors import StoreUnavailable
from function.history import Change


def change(node: str) -> Change:
    """A binding there."""
    return Change({"17": {node: 1}})


def both(*nodes: str) -> Change:
    """Bindings there, as one change."""
    return Change({"17": dict.fromkeys(nodes, 1)})


class SlowStore:
    """Each write waits until it is let go; then it fails if `failure` is set."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.failure: Exception | None = None
        self._begun = threading.Semaphore(0)
        self._let_go = threading.Semaphore(0)

    def write(self, change: Change) -> None:
        """A store's `write`."""
        self._begun.release()
        assert self._let_go.acquire(timeout=20)
        if self.failure is not None:
            raise self.failure
        self.changes.append(change)

    async def begun(self) -> None:
        """Returns when one more write has begun."""
        assert await asyncio.to_thread(self._begun.acquire, timeout=20)

    def let_go(self) -> None:
        """Lets one write go on."""
        self._let_go.release()


@pytest.fixture
def store() -> SlowStore:
    """A store whose writes take as long as the test likes."""
    return SlowStore()


@pytest.fixture
def commit(store: SlowStore) -> GroupCommit:
    """The group commit into it."""
    return GroupCommit(store.write)


async def add_later(commit: GroupCommit, *nodes: str) -> list["asyncio.Task[None]"]:
    """Adds a change for each node, each in a task of its own that has begun to wait."""
    tasks = [asyncio.create_task(commit.add(change(node))) for node in nodes]
    await asyncio.sleep(0)
    return tasks


async def test_many_changes_during_a_write_are_one_more(commit: GroupCommit, store: SlowStore) -> None:
    """What comes while a write runs waits for its end, and is the next write, all together."""
    first = await add_later(commit, "a")
    await store.begun()
    rest = await add_later(commit, *(f"n{index}" for index in range(500)))
    store.let_go()
    await asyncio.gather(*first)
    assert not any(task.done() for task in rest)
    await store.begun()
    store.let_go()
    await asyncio.gather(*rest)
    assert store.changes == [change("a"), both(*(f"n{index}" for index in range(500)))]


async def test_one_after_the_other(commit: GroupCommit, store: SlowStore) -> None:
    """Nothing waits for company: a change alone is written at once, each time."""
    for node in ("a", "b"):
        tasks = await add_later(commit, node)
        await store.begun()
        store.let_go()
        await asyncio.gather(*tasks)
    assert store.changes == [change("a"), change("b")]


async def test_failure_reaches_every_waiter_of_that_write(commit: GroupCommit, store: SlowStore) -> None:
    """A write that fails fails all that were in it, and none that come after."""
    await add_later(commit, "a")
    await store.begun()
    waiting = await add_later(commit, "b", "c")
    store.let_go()
    await store.begun()
    late = await add_later(commit, "d")
    store.failure = StoreUnavailable("not now")
    store.let_go()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert results == [store.failure, store.failure]
    store.failure = None
    await store.begun()
    store.let_go()
    await asyncio.gather(*late)
    assert store.changes == [change("a"), change("d")]


async def test_cancelled_while_it_waits(commit: GroupCommit, store: SlowStore) -> None:
    """A request that is cancelled takes nobody with it; its change may be written all the same."""
    await add_later(commit, "a")
    await store.begun()
    cancelled, other = await add_later(commit, "b", "c")
    cancelled.cancel()
    store.let_go()
    await store.begun()
    store.let_go()
    await other
    assert cancelled.cancelled()
    assert store.changes == [change("a"), both("b", "c")]


async def test_cancelled_while_its_write_runs(commit: GroupCommit, store: SlowStore) -> None:
    """A request that is cancelled during its write does not stop the write, nor the ones after it."""
    (cancelled,) = await add_later(commit, "a")
    await store.begun()
    cancelled.cancel()
    (later,) = await add_later(commit, "b")
    store.let_go()
    await store.begun()
    store.let_go()
    await later
    assert store.changes == [change("a"), change("b")]


async def test_waiting_changes_are_bounded(commit: GroupCommit, store: SlowStore) -> None:
    """Beyond so many that wait, a change is turned away at once: its sender keeps it."""
    await add_later(commit, "a")
    await store.begun()
    waiting = await add_later(commit, *(["b"] * MAX_WAITING))
    with pytest.raises(StoreUnavailable, match="10000 changes wait for the store already"):
        await commit.add(change("c"))
    store.let_go()
    await store.begun()
    store.let_go()
    await asyncio.gather(*waiting)
    assert store.changes == [change("a"), change("b")]
