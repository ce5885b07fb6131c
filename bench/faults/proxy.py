"""A TCP proxy on loopback that can delay, cut, go silent, drop answers and truncate them."""

import asyncio
import contextlib
import re
import ssl
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

_CHUNK = 64 * 1024
_EVENT = b'{"type":"'
"""How each line of a watch begins."""
_KEPT = 200
"""Bytes of an event that pass before it is truncated."""

_METHOD = re.compile(rb"[A-Z]+ /")
"""How each request begins."""

T = TypeVar("T")


@dataclass
class _Asked:
    """How the last request of a connection began."""

    beginning: bytes = b""


class Proxy:
    """Forwards connections to `target`, a port of loopback; by TLS if there is a `context`.

    Clients speak to it in the clear, so that an answer can be cut in the middle of an event, and not only in the middle
    of a TLS record. The toxics work on connections that are open as well.
    """

    def __init__(self, target: int, context: ssl.SSLContext | None = None) -> None:
        self.delay = 0.0
        """Seconds by which each piece of an answer is held back."""
        self.drop_answers_to = b""
        """Requests that begin so pass, and their answers do not; empty drops none."""
        self.truncate_event = False
        """Whether to end the next connection on which a watch's event comes, in the middle of it."""
        self.refuse = b""
        """Close connections on which a request has these bytes in it; empty refuses none."""
        self.silent = False
        """Half-open: what is open, or opens, says no more for ever, and is not closed either."""
        self.truncated = 0
        """How many connections were ended in the middle of an event."""
        self.dropped = 0
        """How many pieces of answers were dropped."""
        self.look_for = b""
        """What to count in answers."""
        self.found = 0
        """How many pieces of answers had `look_for` in them."""
        self._target = target
        self._context = context
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True).start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> int:
        """Closes every connection; how many there were, counted on both sides."""
        return self._run(self._cut())

    def heal(self) -> None:
        """Forwards as ever, on what opens from now on."""
        self.delay = 0.0
        self.refuse = b""
        self.drop_answers_to = b""
        self.truncate_event = self.silent = False

    def close(self) -> None:
        """Ends."""
        self._server.close()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _cut(self) -> int:
        for writer in self._writers:
            writer.transport.abort()
        return len(self._writers)

    async def _end(self) -> None:
        await self._cut()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # OSError: the target is down, and so is the way to it. Cancelled: all of it ends.
        with contextlib.suppress(OSError, asyncio.CancelledError):
            answers, requests = await asyncio.open_connection("127.0.0.1", self._target, ssl=self._context)
            self._writers |= {writer, requests}
            asked = _Asked()
            there, back = self._pump(reader, requests, asked), self._pump(answers, writer, asked, answer=True)
            await asyncio.gather(there, back)
            self._writers -= {writer, requests}
        writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: _Asked, *, answer: bool = False
    ) -> None:
        muted = False
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                muted = muted or self.silent
                if muted:
                    continue
                if not answer and _METHOD.match(data):
                    asked.beginning = data[:_KEPT]
                if answer and self.drop_answers_to and asked.beginning.startswith(self.drop_answers_to):
                    self.dropped += 1
                    continue
                if answer and self.look_for and self.look_for in data:
                    self.found += 1
                if not answer and self.refuse and self.refuse in data:
                    break
                if answer and self.truncate_event and _EVENT in data:
                    self.truncate_event = False
                    self.truncated += 1
                    writer.write(data[: data.index(_EVENT) + _KEPT])
                    await writer.drain()
                    break
                await asyncio.sleep(self.delay if answer else 0)
                writer.write(data)
                await writer.drain()
        if not muted:
            writer.close()
