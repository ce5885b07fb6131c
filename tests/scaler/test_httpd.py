"""The small HTTP server: what a client may send, and what it gets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from function.http import Request, Response
from scaler import httpd

SECONDS = 10.0


async def echo(request: Request) -> Response:
    """Tells what it understood; of two paths, nothing, and more than any buffer holds."""
    if request.path == "/nothing":
        return Response(204)
    if request.path == "/huge":
        return Response(200, bytes(64 * 1024 * 1024))
    return Response(200, f"{request.method} {request.path} {request.header('x-a')} {request.body!r}".encode())


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that echoes."""
    server = httpd.Server(echo, 0)
    port = await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.stop()


async def exchange(sent: bytes) -> list[bytes]:
    """Status line and body of every answer to raw bytes, until the server closes."""
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(sent)
        writer.write_eof()
        answer = await reader.read()
    parts = answer.split(b"HTTP/1.1 ")[1:]
    return [part.partition(b"\r\n")[0] + b"|" + part.partition(b"\r\n\r\n")[2] for part in parts]


HEAD = b"Host: x\r\nX-A: b\r\n"
ROWS = {
    "get": (b"GET /p?q=1 HTTP/1.1\r\n" + HEAD + b"\r\n", [b"200 |GET /p b b''"]),
    "two": (
        (b"GET /1 HTTP/1.1\r\n" + HEAD + b"\r\n") + (b"GET /2 HTTP/1.1\r\n" + HEAD + b"\r\n"),
        [b"200 |GET /1 b b''", b"200 |GET /2 b b''"],
    ),
    "body": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 2\r\n\r\nhi", [b"200 |POST / b b'hi'"]),
    "chunked": (
        b"POST / HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        [b"200 |POST / b b'hi'"],
    ),
    "old": (b"GET / HTTP/1.0\r\n\r\n", [b"200 |GET /  b''"]),
    "nonsense": (b"\x00\x01\x02\r\n\r\n", [b"400 |this is no HTTP request that can be answered\n"]),
    "no-host": (b"GET / HTTP/1.1\r\n\r\n", [b"400 |this is no HTTP request that can be answered\n"]),
    "huge-header": (
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        [b"431 |this is no HTTP request that can be answered\n"],
    ),
    "huge-body": (
        b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 9999999\r\n\r\n" + b"x" * 1_100_000,
        [b"413 |the body is over 1048576 bytes\n"],
    ),
    "nothing": (b"", []),
    "half": (b"GET / HT", [b"400 |"]),
    "half-a-body": (b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 9\r\n\r\nhi", [b"400 |"]),
}


@pytest.mark.parametrize(("sent", "answers"), ROWS.values(), ids=ROWS)
async def test_exchange(sent: bytes, answers: list[bytes]) -> None:
    """Right requests are answered one after the other; wrong ones get a status, and the connection ends."""
    got = await exchange(sent)
    assert [one.startswith(wanted) for one, wanted in zip(got, answers, strict=True)] == [True] * len(answers)


async def test_answer_while_the_client_still_sends() -> None:
    """A client that reads only after it has sent all of a body that is too large gets its answer, not a reset."""
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 9999999\r\n\r\n" + b"x" * 9_999_999)
        await writer.drain()
        status = await reader.readline()
    assert status == b"HTTP/1.1 413 \r\n"


async def test_continue() -> None:
    """A client that waits for leave to send its body gets it."""
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        leave = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hi")
        status = await reader.readline()
    assert (leave, status) == (b"HTTP/1.1 100 \r\n\r\n", b"HTTP/1.1 200 \r\n")


async def test_head_has_no_body() -> None:
    """An answer to HEAD has the length of its body, and no body."""
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"HEAD /p HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
        answer = await reader.read()
    assert b"\r\ncontent-length: 13\r\n" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


async def test_no_content_has_no_length() -> None:
    """An answer without content has neither the length nor the type of one."""
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"POST /nothing HTTP/1.1\r\n" + HEAD + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
    assert answer == b"HTTP/1.1 204 \r\nConnection: close\r\n\r\n"


async def test_client_that_never_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not take its answer is left: it holds no place for longer than a silent one."""
    monkeypatch.setattr(httpd, "_IDLE_SECONDS", 0.2)
    monkeypatch.setattr(httpd, "_CONNECTIONS", 1)
    async with asyncio.timeout(SECONDS), connected() as (_, writer):
        writer.write(b"GET /huge HTTP/1.1\r\n" + HEAD + b"\r\n")
        port = writer.get_extra_info("peername")[1]
        while (status := await status_of_another(port)) == b"":
            pass
    assert status == b"HTTP/1.1 200 \r\n"


async def status_of_another(port: int) -> bytes:
    """The status line that one more connection gets; nothing where it is closed at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
    try:
        return await reader.readline()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_silent_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing is left."""
    monkeypatch.setattr(httpd, "_IDLE_SECONDS", 0.2)
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"GET / HT")
        assert await reader.read() == b""


async def test_too_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a connection is closed at once; those that are open are served."""
    monkeypatch.setattr(httpd, "_CONNECTIONS", 1)
    async with asyncio.timeout(SECONDS), connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
        first = await reader.readline()
        port = writer.get_extra_info("peername")[1]
        other, writing = await asyncio.open_connection("127.0.0.1", port)
        second = await other.read()
        writing.close()
    assert (first, second) == (b"HTTP/1.1 200 \r\n", b"")
