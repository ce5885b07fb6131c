"""HTTP as it is on the wire: one exchange, on a connection of its own or on one that stays, and raw bytes."""

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SECONDS = 20.0
"""How long an answer may take; a busy machine is no failure."""


@dataclass(frozen=True)
class Answer:
    """An answer: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The body, decoded."""
        return json.loads(self.body)

    def is_framed(self) -> bool:
        """Whether its length is told, as behind Knative's queue-proxy it must be; a 204 has none."""
        if self.status == http.HTTPStatus.NO_CONTENT:
            return not self.body and "transfer-encoding" not in self.headers
        return self.headers.get("content-length", "").isdigit() and "transfer-encoding" not in self.headers


def connect(port: int, seconds: float = SECONDS) -> http.client.HTTPConnection:
    """A connection to a server on loopback; close it."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)


def exchange(
    port: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    path: str = "/",
) -> Answer:
    """One request on a connection of its own, and its answer."""
    connection = connect(port)
    try:
        return exchange_on(connection, body, headers, method=method, path=path)
    finally:
        connection.close()


def exchange_on(
    connection: http.client.HTTPConnection,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    path: str = "/",
) -> Answer:
    """One request on a connection that stays open, and its answer."""
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, found, response.read())


def send_raw(port: int, pieces: Iterable[bytes], seconds: float = SECONDS) -> bytes:
    """What comes back for raw bytes until the server closes; the bytes so far where it resets the connection.

    Raises:
        TimeoutError: it does not close the connection in time.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough; what it said is still to be read
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass  # as an end: unread bytes of ours make the kernel reset the connection
    return received
