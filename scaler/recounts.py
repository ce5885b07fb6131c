"""Counts again what a job's event names: soon, once for many events, and not too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from scaler.sweep import Unit

_REST = 5.0


class Recounts:
    """Recounts of one source's units: each `debounce` seconds after its first event, then not again for `gap`.

    A count that takes long, of a whole instance say, is not repeated before five times as long has passed.
    """

    def __init__(self, recount: Callable[[Unit], Awaitable[None]], debounce: float, gap: float) -> None:
        self._recount, self._debounce, self._gap = recount, debounce, gap
        self._asked: set[Unit] = set()
        self._tasks: dict[Unit, asyncio.Task[None]] = {}

    def ask(self, unit: Unit) -> None:
        """Has `unit` counted again; an event that comes while it is being counted has it counted once more."""
        self._asked.add(unit)
        if unit not in self._tasks:
            self._tasks[unit] = asyncio.create_task(self._work(unit))

    async def _work(self, unit: Unit) -> None:
        try:
            while unit in self._asked:
                await asyncio.sleep(self._debounce)
                self._asked.discard(unit)
                started = time.monotonic()
                await self._recount(unit)
                await asyncio.sleep(max(self._gap, _REST * (time.monotonic() - started)))
        finally:
            del self._tasks[unit]

    def close(self) -> None:
        """Drops what is still to be counted."""
        for task in self._tasks.values():
            task.cancel()
