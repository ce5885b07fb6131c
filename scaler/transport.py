"""One call to GitLab, with python-gitlab as the transport: bounded in time and size, its errors in our tree.

What python-gitlab leaves to its user is decided here: no redirect takes the token to another host, a body has a limit
and a deadline, and a TLS failure says what is wrong with which certificate. Retries and rate limits are the caller's
(`scaler.calls`), because they are shared by all queries of a credential. See docs/adr/0020.
"""

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import gitlab
import requests
import urllib3
from gitlab._backends.requests_backend import RequestsBackend, RequestsResponse
from gitlab.exceptions import RedirectError
from requests.adapters import HTTPAdapter

from function.errors import GitLabDenied, GitLabRefused, GitLabUnavailable, QueryDenied, SettingError
from scaler.failures import from_answer, without_answer
from scaler.sockets import Sockets
from scaler.values import shown

MAX_BODY_BYTES = 16 * 1024 * 1024
"""A page of 100 jobs or projects is about half a megabyte."""

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5.0
"""For an address to answer, and for TLS to be agreed on: until then nothing can be cut off."""
_USER_AGENT = "hookrunner-scaler"


@dataclass(frozen=True, slots=True)
class Question:
    """A call that reads: a POST if it has a body. `path` is below /api/v4, or /api/graphql; `timeout` in seconds."""

    path: str
    timeout: float
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None

    @property
    def method(self) -> str:
        """The HTTP method, in python-gitlab's spelling."""
        return "get" if self.body is None else "post"

    def __str__(self) -> str:
        """The call as an error names it: without query, body and headers."""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer: its body, and its headers whatever their case."""

    body: bytes
    headers: Mapping[str, str]


class Transport:
    """Calls one GitLab with one token. `verify` is True, False, or the path of a CA file. Safe in threads."""

    def __init__(self, url: str, token: Callable[[], str], verify: bool | str = True) -> None:
        self._url, self._token, self._verify = url, token, verify
        self._clients: dict[int, _Client] = {}  # by thread: a requests session belongs to one
        self._closed = False

    def close(self) -> None:
        """Closes every connection: calls that are under way end, and later ones are refused."""
        self._closed = True
        while self._clients:
            self._clients.popitem()[1].session.close()

    def call(self, question: Question) -> Reply:
        """The answer to one call.

        Raises:
            GitLabError: one of its kinds; the message names the call and what GitLab said, never the token.
        """
        path, client = question.path, self._client()
        try:
            with client.session.sockets.deadline(question.timeout):
                response = client.gitlab.http_request(
                    question.method,
                    f"{self._url}{path}" if path.startswith("/api/") else path,
                    query_data=dict(question.query),
                    post_data=question.body,
                    timeout=question.timeout,
                    obey_rate_limit=False,
                    retry_transient_errors=False,
                    max_retries=0,
                )
        except RedirectError:
            raise GitLabRefused(f"GitLab at {self._url} redirects {question}: give its final gitlabUrl") from None
        return Reply(response.content, response.headers)

    def _client(self) -> "_Client":
        """This thread's client, made anew when the token was rotated."""
        try:
            token = self._token()
        except (SettingError, QueryDenied) as error:
            raise GitLabDenied(str(error)) from None
        thread = threading.get_ident()
        client = self._clients.get(thread)
        if client is None or client.token != token:
            if client is not None:
                client.session.close()
            client = self._clients[thread] = self._made(token)
        if self._closed:
            client.session.close()
            raise GitLabUnavailable(f"the connections to {self._url} are closed")
        return client

    def _made(self, token: str) -> "_Client":
        session = _Session()
        made = gitlab.Gitlab(
            self._url,
            oauth_token=token,
            ssl_verify=self._verify,
            keep_base_url=True,
            user_agent=_USER_AGENT,
            backend=_Backend,
            session=session,
        )
        return _Client(token, made, session)


class _Backend(RequestsBackend):
    """python-gitlab's own backend, with our errors, which know the answer's headers."""

    def http_request(  # type: ignore[override] # its base names every option; they are passed on
        self,
        method: str,
        url: str,
        **options: Any,  # noqa: ANN401 - its base's options
    ) -> RequestsResponse:
        call = f"{method.upper()} {urlsplit(url).path}"
        try:
            wrapped = super().http_request(method, url, **options)
        except (OSError, urllib3.exceptions.HTTPError) as error:  # requests' own errors are OSErrors
            raise without_answer(call, url, error, options.get("verify")) from None
        if wrapped.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise from_answer(call, wrapped.response)
        return wrapped


class _Session(requests.Session):
    """A session that follows redirects on the same host only."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = Sockets()
        self.max_redirects = 3
        self.mount("https://", _Adapter(self.sockets))
        self.mount("http://", _Adapter(self.sockets))

    def close(self) -> None:
        self.sockets.close()
        super().close()

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is None or _same_host(resp.url, urljoin(resp.url, target)):
            return target
        where = urlsplit(urljoin(resp.url, target))
        raise GitLabRefused(
            f"GitLab redirects to {shown(f'{where.scheme}://{where.netloc}')}: the token does not go there; "
            "give GitLab's own address as gitlabUrl",
            resp.status_code,
        )


@dataclass(frozen=True, slots=True)
class _Client:
    """What one thread calls with."""

    token: str = field(repr=False)
    gitlab: gitlab.Gitlab
    session: _Session


class _Adapter(HTTPAdapter):
    """An adapter whose connections can be cut off, and that reads a body up to a limit. It belongs to one session."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - its base's options, passed on
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._sockets.pools()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401 - its base's options, passed on
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._sockets.pools()
        return manager

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override] # noqa: ANN401 - its base's options, passed on
        seconds = options.pop("timeout")
        try:
            response = super().send(request, timeout=(min(seconds, _CONNECT_SECONDS), seconds), **options)
        except (OSError, urllib3.exceptions.HTTPError):
            if self._sockets.expired:
                raise requests.ReadTimeout from None
            raise
        if self._sockets.expired:  # what was read looks whole where its end is the connection's
            raise requests.ReadTimeout
        return response

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:  # noqa: ANN401 - urllib3's response
        body = b"".join(_bounded(resp))
        headers = {name: value for name, value in resp.headers.items() if name.lower() != "content-encoding"}
        whole = urllib3.HTTPResponse(
            io.BytesIO(body), headers=headers, status=resp.status, reason=resp.reason, preload_content=False
        )
        return super().build_response(req, whole)


def _bounded(response: Any) -> Iterator[bytes]:  # noqa: ANN401 - urllib3's response
    size = 0
    while chunk := response.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            response.close()
            raise GitLabUnavailable(f"GitLab's answer is over {MAX_BODY_BYTES} bytes: not read")
        yield chunk


def _same_host(here: str, there: str) -> bool:
    """Whether a token may follow: to the same scheme, host and port, or from http to https on the default ports."""
    a, b = urlsplit(here), urlsplit(there)
    same = (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)
    upgrade = (a.scheme, b.scheme) == ("http", "https") and (a.hostname, None) == (b.hostname, a.port or b.port)
    return same or upgrade
