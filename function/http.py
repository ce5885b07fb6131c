"""Request and Response as the rooms see them, over plain ASGI.

Both runtimes hand us ASGI: functions-framework a Starlette request, func's runtime the three callables. What is
here reads a body up to a limit, and answers with a Content-Length (an answer without one fails about one admission
call in a thousand behind Knative's queue-proxy).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from function.errors import BadRequest, BodyTooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

BODY_SECONDS = 10.0
"""How long a body may take to arrive, in seconds. The API server gives a webhook 30 at most."""


class SlowBody(BadRequest):
    """The body did not arrive in time: 408."""

    status = 408


class ClientGone(BadRequest):
    """The client hung up before its body was whole; nobody reads the answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `headers` are ASGI's: names in lower case, values as they came."""

    method: str
    path: str
    headers: RawHeaders
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of header `name` (in lower case), or the empty string; Latin-1, as HTTP has it."""
        wanted = name.encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), "")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, always with a Content-Length; an ASGI application of itself."""

    status: int
    body: bytes = b""
    content_type: bytes = b"text/plain; charset=utf-8"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Sends the answer, as an ASGI application."""
        await send({"type": "http.response.start", "status": self.status, "headers": self._all_headers()})
        await send({"type": "http.response.body", "body": self.body})

    def _all_headers(self) -> RawHeaders:
        if self.status == HTTPStatus.NO_CONTENT:
            return [*self.headers]  # RFC 9110, 8.6: a 204 has no Content-Length
        headers = [(b"content-length", b"%d" % len(self.body)), *self.headers]
        if self.body:
            headers.append((b"content-type", self.content_type))
        return headers


def problem(status: int, message: str, *headers: tuple[bytes, bytes]) -> Response:
    """An answer that says in one line what was wrong; it closes the connection where a body was left unread."""
    closing = ((b"connection", b"close"),) if status in {BodyTooLarge.status, SlowBody.status} else ()
    return Response(status, f"{message}\n".encode(), headers=(*headers, *closing))


async def read_request(scope: Scope, receive: Receive, limit: int, seconds: float = BODY_SECONDS) -> Request:
    """The request with its whole body, of `limit` bytes at most, read within `seconds`.

    Raises:
        BodyTooLarge: the body is, or says that it is, longer; the rest stays unread.
        SlowBody: it took too long.
        ClientGone: the client hung up.
    """
    _check_length(scope["headers"], limit)
    try:
        async with asyncio.timeout(seconds):
            body = await _read_body(receive, limit)
    except TimeoutError:
        raise SlowBody(f"the body did not arrive within {seconds:g} s") from None
    return Request(scope["method"], scope["path"], scope["headers"], body)


def _check_length(headers: RawHeaders, limit: int) -> None:
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > limit:
            raise _too_large(limit)


async def _read_body(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone("the client hung up before the body was whole")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is over the limit of {limit} bytes (HOOKRUNNER_MAX_BODY_BYTES)")
