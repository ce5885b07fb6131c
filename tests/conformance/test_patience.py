"""What takes its time, on both runtimes at once: connections that idle and then go on, bodies that never come."""

import asyncio
import contextlib
import time

import pytest

from tests.support.functions import RUNTIMES, run_function
from tests.support.reviews import Case
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.conformance

GOOD = Case("runner-cache-hostpath", "patched", "41")
MEMORY = {"HOOKRUNNER_HISTORY": "memory:", "HOOKRUNNER_LOG_LEVEL": "error"}
IDLE_SECONDS = 6.5
"""Longer than Hypercorn's own 5 s and gunicorn's 2 s, which would close a connection just as the next review comes."""
BODY_SECONDS = 10
HEAD = b"POST / HTTP/1.1\r\nHost: function\r\nContent-Length: %d\r\n\r\n"


async def review_twice(port: int) -> list[bytes]:
    """The status lines of two reviews on one connection, with a long pause between."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses: list[bytes] = []
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
    received = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    head, _, told = received.partition(b"\r\n\r\n")
    return head[:12], told, time.monotonic() - started


async def be_patient(port: int) -> tuple[list[bytes], list[tuple[bytes, bytes, float]]]:
    """All of it at once, with one function."""
    idle, *slow = await asyncio.gather(review_twice(port), never_send(port, b""), never_send(port, b"{"))
    return idle, slow


async def test_patience() -> None:
    """An idle connection still answers after 6.5 s; a body that does not come is 408 after 10 s, and hung up on."""
    with contextlib.ExitStack() as running:
        ports = [running.enter_context(run_function(runtime, "mutate", MEMORY)).port for runtime in RUNTIMES]
        found = dict(zip(RUNTIMES, await asyncio.gather(*map(be_patient, ports)), strict=True))
    for idle, slow in found.values():
        assert idle == [b"HTTP/1.1 200", b"HTTP/1.1 200"]
        assert [answer for *answer, _ in slow] == [[b"HTTP/1.1 408", b"the body did not arrive within 10 s\n"]] * 2
        assert all(seconds >= BODY_SECONDS for *_, seconds in slow)
