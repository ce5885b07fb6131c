"""Reading a request up to its limits, and answering with a Content-Length."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from function.errors import BadRequest, BodyTooLarge
from function.http import ClientGone, Message, Receive, Request, Response, SlowBody, problem, read_request

TOO_LARGE = "the body is over the limit of 10 bytes (HOOKRUNNER_MAX_BODY_BYTES)"
GONE = {"type": "http.disconnect"}


def chunk(body: bytes, *, more: bool = False) -> Message:
    """One piece of a body, as ASGI has it."""
    return {"type": "http.request", "body": body, "more_body": more}


def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """A POST's scope."""
    return {"type": "http", "method": "POST", "path": "/mutate", "headers": list(headers)}


def receiver(messages: Iterable[Message]) -> Receive:
    """A `receive` that gives these messages, and after them nothing for ever."""
    left = iter(messages)

    async def receive() -> Message:
        for message in left:
            return message
        return await asyncio.Future()

    return receive


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        pytest.param([chunk(b"")], b"", id="empty"),
        pytest.param([{"type": "http.request"}], b"", id="no members at all"),
        pytest.param([chunk(b"0123456789")], b"0123456789", id="as long as the limit"),
        pytest.param([chunk(b"01", more=True), chunk(b"", more=True), chunk(b"23")], b"0123", id="in pieces"),
        pytest.param([chunk(b"01234", more=True), chunk(b"56789", more=True), chunk(b"")], b"0123456789", id="to it"),
    ],
)
async def test_body(messages: list[Message], body: bytes) -> None:
    """A body within the limit is read whole, however it comes."""
    headers = [(b"content-length", b"10")]
    request = await read_request(scope(*headers), receiver(messages), limit=10)
    assert request == Request("POST", "/mutate", headers, body)


@pytest.mark.parametrize(
    ("headers", "messages", "error", "message"),
    [
        pytest.param([(b"content-length", b"11")], [], BodyTooLarge, TOO_LARGE, id="says that it is too long"),
        pytest.param([(b"content-length", b"9" * 30)], [], BodyTooLarge, TOO_LARGE, id="says an absurd length"),
        pytest.param([], [chunk(b"0" * 11)], BodyTooLarge, TOO_LARGE, id="is too long at once"),
        pytest.param(
            [], [chunk(b"0" * 6, more=True), chunk(b"0" * 5, more=True)], BodyTooLarge, TOO_LARGE, id="in the end"
        ),
        pytest.param([], [], SlowBody, "the body did not arrive within 0.01 s", id="never comes"),
        pytest.param(
            [], [chunk(b"0", more=True)], SlowBody, "the body did not arrive within 0.01 s", id="stops half-way"
        ),
        pytest.param([], [GONE], ClientGone, "the client hung up before the body was whole", id="hung up at once"),
        pytest.param(
            [],
            [chunk(b"0", more=True), GONE],
            ClientGone,
            "the client hung up before the body was whole",
            id="hung up half-way",
        ),
    ],
)
async def test_bad_body(
    headers: list[tuple[bytes, bytes]], messages: list[Message], error: type[BadRequest], message: str
) -> None:
    """A body that is too long, too slow or cut off is an error that says so."""
    with pytest.raises(error) as caught:
        await read_request(scope(*headers), receiver(messages), limit=10, seconds=0.01)
    assert str(caught.value) == message


async def test_too_long_is_not_read_on() -> None:
    """Once a body is over the limit, nothing more of it is asked for."""
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return chunk(b"0" * 6, more=True)

    with pytest.raises(BodyTooLarge):
        await read_request(scope(), receive, limit=10)
    assert asked == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("ce-id", "1", id="the first of two"),
        pytest.param("x-umlaut", "\xfc", id="Latin-1"),
        pytest.param("absent", "", id="absent"),
    ],
)
def test_header(name: str, value: str) -> None:
    """A header is its first value, as Latin-1, or the empty string."""
    headers = [(b"ce-id", b"1"), (b"ce-id", b"2"), (b"x-umlaut", b"\xfc")]
    assert Request("POST", "/", headers).header(name) == value


@pytest.mark.parametrize(
    ("response", "headers"),
    [
        pytest.param(
            Response(200, b"{}", b"application/json"),
            [(b"content-length", b"2"), (b"content-type", b"application/json")],
            id="with a body",
        ),
        pytest.param(
            Response(200, headers=((b"allow", b"POST"),)),
            [(b"content-length", b"0"), (b"allow", b"POST")],
            id="without a body",
        ),
        pytest.param(Response(204), [], id="204 has no Content-Length"),
        pytest.param(
            problem(405, "use POST", (b"allow", b"POST")),
            [(b"content-length", b"9"), (b"allow", b"POST"), (b"content-type", b"text/plain; charset=utf-8")],
            id="a problem",
        ),
        pytest.param(
            problem(413, "too much"),
            [(b"content-length", b"9"), (b"connection", b"close"), (b"content-type", b"text/plain; charset=utf-8")],
            id="413 closes the connection",
        ),
        pytest.param(
            problem(408, "too slow"),
            [(b"content-length", b"9"), (b"connection", b"close"), (b"content-type", b"text/plain; charset=utf-8")],
            id="408 closes the connection",
        ),
    ],
)
async def test_response(response: Response, headers: list[tuple[bytes, bytes]]) -> None:
    """What is sent, message by message."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await response(scope(), receiver([]), send)
    assert sent == [
        {"type": "http.response.start", "status": response.status, "headers": headers},
        {"type": "http.response.body", "body": response.body},
    ]
