"""Group commit: many changes become one write. A write starts when the last one ended; nothing waits for a timer."""

import asyncio
from collections.abc import Callable

from function.errors import StoreUnavailable
from function.history import Change, combine

MAX_WAITING = 10_000
"""How many changes may wait for a write; more are turned away until it is done."""


class GroupCommit:
    """Collects changes while a write runs, and writes them together next. For one event loop.

    `write` blocks, and runs in a thread.
    """

    def __init__(self, write: Callable[[Change], None]) -> None:
        self._write = write
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, change: Change) -> None:
        """Returns when `change` is written.

        Raises:
            StoreError: it is not, as the write that it was in failed.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise StoreUnavailable(f"{MAX_WAITING} changes wait for the store already: send this one again later")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                error = await self._write_together([change for change, _ in group])
                for _, done in group:
                    _settle(done, error)
        finally:
            self._running = None

    async def _write_together(self, changes: list[Change]) -> Exception | None:
        try:
            await asyncio.to_thread(self._write, combine(changes))
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, and logs it
            return error
        return None


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():
        return  # its request was cancelled while the write ran
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
