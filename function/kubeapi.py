"""The Kubernetes API server over plain REST: the only place that imports `kubernetes`.

The client's generated half is heavy (the first `CoreV1Api()` costs 78 MB and most of a second; kubernetes 37.0.2), so
what is used of it is what is hard to get right: configuration, TLS, tokens that rotate. Bodies are bytes, decoded by
whoever knows their shape. Every call blocks: call it in a thread.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from function.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiGone,
    ApiNotFound,
    ApiUnavailable,
    SettingError,
)

MERGE_PATCH = "application/merge-patch+json"
CALL_SECONDS = 10.0
CONNECT_SECONDS = 5.0
_BY_STATUS: Mapping[int, type[ApiError]] = {404: ApiNotFound, 409: ApiConflict, 410: ApiGone}
_RETRYABLE = {408, 429}

Query = Mapping[str, str]


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
    """The API server that a kubeconfig file, or else the pod's own ServiceAccount, leads to.

    Raises:
        SettingError: neither is there, or the kubeconfig cannot be used.
    """

    def __init__(self, kubeconfig: Path | None = None) -> None:
        from kubernetes import client  # noqa: PLC0415 - costs 40 MB and half a second: only who calls the API pays
        from kubernetes.utils.keepalive import tcp_keepalive_socket_options  # noqa: PLC0415 - as above

        configuration = _configuration(kubeconfig)
        configuration.retries = urllib3.Retry(0, redirect=0)
        configuration.socket_options = tcp_keepalive_socket_options()
        self._client = client.ApiClient(configuration)
        self._client.user_agent = "hookrunner"
        self._ahead = 0.0

    def now(self) -> datetime:
        """The API server's time, as its last answer told it (to the second); ours before the first.

        What is compared with times that the API server wrote must not depend on our own clock.
        """
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

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
        self._client.close()

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
        url = f"{path}?{urlencode(query)}" if query else path
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        request = self._client.param_serialize(
            method, url, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        with _connection_errors(method, path):
            answer = self._client.call_api(*request, _request_timeout=timeout)
        response: urllib3.BaseHTTPResponse = answer.response
        self._ahead = _ahead(response.headers.get("Date", ""), self._ahead)
        return response


def _configuration(kubeconfig: Path | None) -> Any:  # noqa: ANN401 - the class is imported late
    from kubernetes import client, config  # noqa: PLC0415 - see KubeApi

    configuration = client.Configuration()
    try:
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    except Exception as error:  # noqa: BLE001 - a file of a person's: the client falls over it in many ways
        what = "the pod's ServiceAccount" if kubeconfig is None else f"the kubeconfig {kubeconfig}"
        why = " ".join(str(error).split())
        raise SettingError(
            f"cannot use {what}: {why}; outside a cluster, name a kubeconfig file in KUBECONFIG"
        ) from None
    return configuration


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


def api_error(what: str, status: int, message: str, retry_after: float | None = None) -> ApiError:
    """The error that an answer, or a watch's ERROR, with HTTP status `status` stands for."""
    kind = _BY_STATUS.get(status) or (ApiUnavailable if status >= 500 or status in _RETRYABLE else ApiDenied)  # noqa: PLR2004 - HTTP's first server error
    return kind(f"{what}: {status} {message}", status, retry_after)


def _error(what: str, response: urllib3.BaseHTTPResponse, body: bytes) -> ApiError:
    retry_after = response.headers.get("Retry-After")
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return api_error(what, response.status, _message(body), seconds)


def _ahead(date: str, before: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return before


def _message(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Status).message
    except msgspec.MsgspecError:
        return "with a body that is no Status"
