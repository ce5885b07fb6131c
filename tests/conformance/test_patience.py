"""What takes its time, all of it at once: connections that idle and then go on, and bodies that never come."""

import asyncio
import time

import pytest

from tests.support.functions import FunctionProcess
from tests.support.reviews import Case

pytestmark = pytest.mark.conformance

GOOD = Case("runner-cache-hostpath", "patched", "41")
IDLE_SECONDS = 6.5
"""Longer than Hypercorn's own 5 s and gunicorn's 2 s, which would close a connection just as the next review comes."""
BODY_SECONDS = 10
HEAD = b"POST / HTTP/1.1\r\nHost: function\r\nContent-Length: %d\r\n\r\n"


async def review_twice(port: int) -> list[bytes]:
    """The status lines of two reviews on one connection, with a long pause between."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    for pause in (0, IDLE_SECONDS):
        await asyncio.sleep(pause)  # the idling itself is what is tested
        writer.write(HEAD % len(GOOD.body()) + GOOD.body())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        statuses.append(head[:12])
    writer.close()
    return statuses


async def never_send(port: int, beginning: bytes) -> tuple[bytes, bytes, float]:
    """The status line and the body that come where a body does not, and after how many seconds."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD % 100 + beginning)
    received = await asyncio.wait_for(reader.read(), 2 * BODY_SECONDS)
    writer.close()
    head, _, told = received.partition(b"\r\n\r\n")
    return head[:12], told, time.monotonic() - started


async def test_patience(mutate: FunctionProcess) -> None:
    """An idle connection still answers after 6.5 s; a body that does not come is 408 after 10 s, and hung up on."""
    idle, *slow = await asyncio.gather(
        review_twice(mutate.port), never_send(mutate.port, b""), never_send(mutate.port, b"{")
    )
    assert idle == [b"HTTP/1.1 200", b"HTTP/1.1 200"]
    for status, told, seconds in slow:
        assert (status, told) == (b"HTTP/1.1 408", b"the body did not arrive within 10 s\n")
        assert seconds >= BODY_SECONDS
