"""One call to GitLab, with python-gitlab as the transport: bounded in time and size, its errors in our tree.

What python-gitlab leaves to its user is decided here: no redirect takes the token to another host, a body has a limit
and a deadline, and a TLS failure says what is wrong with which certificate. Retries and rate limits are the caller's
(`scaler.calls`), because they are shared by all queries of a credential. See docs/adr/0020.
"""

import io
import threading
import time
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
from scaler.values import shown

MAX_BODY_BYTES = 16 * 1024 * 1024
"""A page of 100 jobs or projects is about half a megabyte."""

_CHUNK = 64 * 1024
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
        self._mine = threading.local()  # a requests session belongs to one thread
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Closes the connections that are kept open."""
        while self._sessions:
            self._sessions.pop().close()

    def call(self, question: Question) -> Reply:
        """The answer to one call.

        Raises:
            GitLabError: one of its kinds; the message names the call and what GitLab said, never the token.
        """
        path = question.path
        try:
            response = self._client().http_request(
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

    def _client(self) -> gitlab.Gitlab:
        """This thread's client, made anew when the token was rotated."""
        try:
            token = self._token()
        except (SettingError, QueryDenied) as error:
            raise GitLabDenied(str(error)) from None
        if getattr(self._mine, "token", None) != token:
            self._mine.client, self._mine.token = self._made(token), token
        client: gitlab.Gitlab = self._mine.client
        return client

    def _made(self, token: str) -> gitlab.Gitlab:
        session = _Session()
        self._sessions.append(session)
        return gitlab.Gitlab(
            self._url,
            oauth_token=token,
            ssl_verify=self._verify,
            keep_base_url=True,
            user_agent=_USER_AGENT,
            backend=_Backend,
            session=session,
        )


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
            raise without_answer(call, url, error) from None
        if wrapped.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise from_answer(call, wrapped.response)
        return wrapped


class _Session(requests.Session):
    """A session that follows redirects on the same host only."""

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = 3
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

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


class _Adapter(HTTPAdapter):
    """An adapter that reads a body up to a limit and a deadline. It belongs to one session, so to one thread."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override] # noqa: ANN401 - its base's options, passed on
        self._deadline = time.monotonic() + options["timeout"]
        return super().send(request, **options)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:  # noqa: ANN401 - urllib3's response
        body = b"".join(_bounded(resp, self._deadline))
        headers = {name: value for name, value in resp.headers.items() if name.lower() != "content-encoding"}
        whole = urllib3.HTTPResponse(
            io.BytesIO(body), headers=headers, status=resp.status, reason=resp.reason, preload_content=False
        )
        return super().build_response(req, whole)


def _bounded(response: Any, deadline: float) -> Iterator[bytes]:  # noqa: ANN401 - urllib3's response
    size = 0
    while chunk := response.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            response.close()
            raise GitLabUnavailable(f"GitLab's answer is over {MAX_BODY_BYTES} bytes: not read")
        if time.monotonic() > deadline:
            response.close()
            raise requests.ReadTimeout
        yield chunk


def _same_host(here: str, there: str) -> bool:
    """Whether a token may follow: to the same scheme, host and port, or from http to https on the default ports."""
    a, b = urlsplit(here), urlsplit(there)
    same = (a.scheme, a.hostname, a.port) == (b.scheme, b.hostname, b.port)
    upgrade = (a.scheme, b.scheme) == ("http", "https") and (a.hostname, None) == (b.hostname, a.port or b.port)
    return same or upgrade
