"""The Kubernetes API server over plain REST, without a generated client (docs/adr/0006, 0042).

Bodies are bytes, decoded by whoever knows their shape. Every call blocks: call it in a thread.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from function.access import Access
from function.decoding import UNREADABLE
from function.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiGone,
    ApiNotFound,
    ApiUnavailable,
)

MERGE_PATCH = "application/merge-patch+json"
CALL_SECONDS = 10.0
CONNECT_SECONDS = 5.0
_BY_STATUS: Mapping[int, type[ApiError]] = {404: ApiNotFound, 409: ApiConflict, 410: ApiGone}
_RETRYABLE = {408, 429}
_ONCE = urllib3.Retry(0, redirect=0)

Query = Mapping[str, str]
T = TypeVar("T")


class Api(Protocol):
    """What the stores and the senders need of the API server. Every call blocks."""

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",
    ) -> bytes:
        """The answer's body; ApiError where there is none."""

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """The lines of a watch; ApiError where it fails, or nothing comes for so long."""


class _Status(msgspec.Struct, frozen=True):
    """Of a Kubernetes Status object, what a person needs."""

    message: str = ""
    code: int = 0


class KubeApi:
    """The API server that `access` leads to."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",
        seconds: float = CALL_SECONDS,
    ) -> bytes:
        """The body of the answer to one request, within `seconds`.

        Raises:
            ApiError: the subclass for what went wrong.
        """
        response = self._open(
            method, path, query=query, body=body, content_type=content_type, timeout=(CONNECT_SECONDS, seconds)
        )
        with _connection_errors(method, path):
            data: bytes = response.read()
        if response.status >= 400:  # noqa: PLR2004 - HTTP's first error
            raise _error(f"{method} {path}", response, data)
        return data

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """The lines of a long answer, such as a watch, as they come. Close the iterator to end it.

        It ends by itself when the server ends it. A last line that was cut off is not given.

        Raises:
            ApiError: the request failed, or nothing at all came for `idle_seconds`.
        """
        response = self._open("GET", path, query=query, timeout=(CONNECT_SECONDS, idle_seconds))
        try:
            if response.status >= 400:  # noqa: PLR2004 - HTTP's first error
                raise _error(f"GET {path}", response, response.read())
            with _connection_errors("GET", path):
                yield from _split(response)
        finally:
            response.close()

    def close(self) -> None:
        """Closes the connections that are idle."""
        self._access.connections.clear()

    def _open(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",
        timeout: tuple[float, float],
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self._access.server}{path}{'?' if query else ''}{urlencode(query or {})}"
        with _connection_errors(method, path):
            return self._access.connections.request(
                method,
                url,
                body=None if body is None else msgspec.json.encode(body),
                headers=_headers(content_type, self._access.authorization()),
                timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
                retries=_ONCE,
                preload_content=False,
            )


def _headers(content_type: str, authorization: str) -> dict[str, str]:
    usual = {"Content-Type": content_type, "Accept": "application/json", "User-Agent": "hookrunner"}
    return usual | ({"Authorization": authorization} if authorization else {})


@contextlib.contextmanager
def _connection_errors(method: str, path: str) -> Iterator[None]:
    try:
        yield
    except (HTTPError, OSError) as error:
        raise ApiUnavailable(f"{method} {path}: no answer from the API server ({type(error).__name__})") from error


def _split(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(amt=None, decode_content=True):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from filter(None, lines)


def decoded(answer: bytes | msgspec.Raw, shape: type[T], what: str = "the API server's answer") -> T:
    """What the API server answered, or a part of it, as `shape`; an error calls it `what`.

    Raises:
        ApiUnavailable: it cannot be read so; something between us and the API server may have made it.
    """
    try:
        return msgspec.json.decode(answer, type=shape)
    except UNREADABLE as error:
        raise ApiUnavailable(f"{what} makes no sense: {error}") from None


def api_error(what: str, status: int, message: str, retry_after: float | None = None) -> ApiError:
    """The error that an answer, or a watch's ERROR, with HTTP status `status` stands for."""
    kind = _BY_STATUS.get(status) or (ApiUnavailable if status >= 500 or status in _RETRYABLE else ApiDenied)  # noqa: PLR2004 - HTTP's first server error
    return kind(f"{what}: {status} {message}", status, retry_after)


def _error(what: str, response: urllib3.BaseHTTPResponse, body: bytes) -> ApiError:
    retry_after = response.headers.get("Retry-After")
    seconds = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
    return api_error(what, response.status, _message(body), seconds)


def _message(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Status).message
    except UNREADABLE:
        return "with a body that is no Status"
