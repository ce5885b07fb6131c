"""A small HTTP/1.1 server on asyncio and h11, for metrics, health and the events of `hook`.

In the scaler's own loop, because what it answers and what it hears belong there. Neither runtime's ASGI server is in
every image; h11, which both are built on, is.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import h11

from function.errors import BadRequest, BodyTooLarge, SettingError
from function.http import Request, Response, problem

Handler = Callable[[Request], Awaitable[Response]]

MAX_BODY_BYTES = 1024 * 1024
_IDLE_SECONDS = 15.0
_LINGER_SECONDS = 2.0
_CONNECTIONS = 100
_CHUNK = 64 * 1024


class Server:
    """Serves `handler` on `port` of every address; port 0 takes one that is free."""

    def __init__(self, handler: Handler, port: int) -> None:
        self._handler, self._port = handler, port
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self) -> int:
        """Starts to answer; the port that it is.

        Raises:
            SettingError: the port is taken.
        """
        try:
            listener = _listen(self._port)
        except OSError as error:
            why = os.strerror(error.errno or 0)  # its own text names the address a second time
            raise SettingError(
                f"HOOKRUNNER_SCALER_HTTP_PORT={self._port} cannot be served ({why}): set a port that is free"
            ) from None
        self._server = await asyncio.start_server(self._connected, sock=listener, limit=_CHUNK)
        port: int = listener.getsockname()[1]
        return port

    async def stop(self) -> None:
        """Takes no new connections; those that are open end with their request, or when idle."""
        if self._server is not None:
            self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _CONNECTIONS:
                await _Connection(reader, writer).serve(self._handler)
        except TimeoutError:
            writer.transport.abort()  # it is silent, or does not read: closing would wait for it to take the rest
        except (OSError, h11.ProtocolError):
            return  # the client is gone (shutting down says ENOTCONN), or speaks no HTTP: nobody is there to tell
        finally:
            self._open -= 1
            writer.close()


def _listen(port: int) -> socket.socket:
    """A socket for IPv6 and IPv4, or for IPv4 alone where there is no other."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        writer.transport.set_write_buffer_limits(high=0)  # what was sent is with the kernel, and needs us no more
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=16 * 1024)

    async def serve(self, handler: Handler) -> None:
        """Answers one request after the other until the client closes, or one was not read to its end."""
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                request = await self._request()
            if request is None:
                return
            response = await handler(request) if isinstance(request, Request) else request
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._respond(response)
            if self._http.their_state in (h11.SEND_BODY, h11.ERROR):
                await self._linger()
                return
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _linger(self) -> None:
        """Drops what the client still sends: closing over unread bytes resets the connection, answer and all.

        Source: RFC 9112, 9.6.
        """
        self._writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            while await self._reader.read(_CHUNK):
                continue

    async def _request(self) -> Request | Response | None:
        """The next request; an answer to one that cannot be read; None at the end."""
        try:
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            body = await self._body()
        except h11.RemoteProtocolError as error:
            return problem(error.error_status_hint, "this is no HTTP request that can be answered")
        except BadRequest as error:
            return problem(error.status, str(error))
        path = head.target.decode("ascii").partition("?")[0]
        return Request(head.method.decode("ascii"), path, list(head.headers), body)

    async def _body(self) -> bytes:
        body = b""
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise BodyTooLarge(f"the body is over {MAX_BODY_BYTES} bytes")
        return body

    async def _event(self) -> object:
        """The next event of h11, of one of its many types."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _respond(self, response: Response) -> None:
        headers = [(b"content-length", b"%d" % len(response.body)), (b"content-type", response.content_type)]
        if response.status == HTTPStatus.NO_CONTENT:
            headers = []  # RFC 9110, 8.6: a 204 has no Content-Length
        await self._send(h11.Response(status_code=response.status, headers=[*headers, *response.headers]))
        await self._send(h11.Data(data=response.body))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
