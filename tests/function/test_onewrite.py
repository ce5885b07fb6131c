"""Head and body of an answer leave in one write, in order, and never after the end of a connection."""

import asyncio
from typing import Any

from function.onewrite import OneWrite


class Wire(asyncio.Transport):
    """A transport that notes what it is told to do."""

    def __init__(self, *, closing: bool = False) -> None:
        super().__init__()
        self.told: list[Any] = []
        self._closing = closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Notes what is written."""
        self.told.append(bytes(data))

    def close(self) -> None:
        """Notes that it is closed."""
        self.told.append("closed")
        self._closing = True

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self._closing


async def test_what_one_turn_writes_leaves_in_one_write() -> None:
    """Two answers in two turns of the loop are two writes, however many parts they had."""
    wire = Wire()
    transport = OneWrite(wire, asyncio.get_running_loop())

    for parts in ([b"head", b"body"], [b"more"]):
        for part in parts:
            transport.write(part)
        await asyncio.sleep(0)

    assert wire.told == [b"headbody", b"more"]


async def test_closing_sends_what_is_kept_first() -> None:
    """An answer that ends its connection arrives whole, once."""
    wire = Wire()
    transport = OneWrite(wire, asyncio.get_running_loop())

    transport.write(b"answer")
    transport.close()
    await asyncio.sleep(0)

    assert wire.told == [b"answer", "closed"]


async def test_nothing_is_sent_to_a_client_that_hung_up() -> None:
    """Writing to a closed transport would raise inside the event loop."""
    wire = Wire(closing=True)
    transport = OneWrite(wire, asyncio.get_running_loop())

    transport.write(b"answer")
    await asyncio.sleep(0)

    assert wire.told == []


class Told(Wire):
    """A transport that notes what else it is told and asked."""

    def pause_reading(self) -> None:
        """Notes it."""
        self.told.append("paused")

    def resume_reading(self) -> None:
        """Notes it."""
        self.told.append("resumed")

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's signature
        """Notes what is asked for."""
        self.told.append(name)
        return default


async def test_the_rest_is_the_transports_own() -> None:
    """Flow control and what is known of the connection are passed on, and an empty turn sends nothing."""
    wire = Told()
    transport = OneWrite(wire, asyncio.get_running_loop())

    transport.pause_reading()
    transport.resume_reading()
    assert transport.get_extra_info("peername", "nobody") == "nobody"
    assert transport.is_closing() is False
    transport.close()

    assert wire.told == ["paused", "resumed", "peername", "closed"]
    assert transport.is_closing() is True
