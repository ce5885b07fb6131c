"""The sink: posts CloudEvents in structured or batched mode and tells what an answer means."""

import re
from collections.abc import Sequence
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError

from function.environment import masked
from function.errors import SinkRefused, SinkUnavailable
from informer.backoff import retry_after

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
"""A sink that takes longer than this for an answer gets the same again; a slow one (20 s) must not."""
READ_BYTES = 65536
"""How much of an answer is read: nothing in it matters but its status and headers."""
AT_FAULT = {400, 413, 415, 422}
"""The statuses that blame the event. All others blame the sink or its set-up, which may be mended: 401, 404, 405 …"""
VISIBLE = re.compile(rb"[!-~]+")
"""What a bearer token may consist of, and more (RFC 6750): nothing else may get into a header, or into a trace."""
ASKING = {429, 503}
"""The statuses whose Retry-After counts."""


class HttpSink:
    """An HTTP endpoint that takes CloudEvents. Used by many threads at once.

    `token_file` holds a bearer token and is read for each request, since projected tokens are replaced in place;
    `ca_certs` are PEM certificates that an https sink is verified by, instead of the system's.
    """

    def __init__(self, url: str, token_file: Path | None = None, ca_certs: str = "", connections: int = 8) -> None:
        self._url = url
        self._name = masked(url)
        self._token_file = token_file
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        self._pool = urllib3.PoolManager(
            maxsize=connections, retries=False, timeout=timeout, ca_cert_data=ca_certs or None
        )

    def post(self, events: Sequence[bytes]) -> None:
        """Posts one event in structured mode, or several in batched mode.

        Raises:
            SinkUnavailable: they may be taken later.
            SinkRefused: they never will be; of several, one may be at fault.
        """
        batched = len(events) > 1
        headers = {"Content-Type": BATCHED if batched else STRUCTURED, "User-Agent": "hookrunner", **self._token()}
        body = b"[" + b",".join(events) + b"]" if batched else events[0]
        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
            )
            _finish(response)
        except (HTTPError, OSError) as error:
            raise SinkUnavailable(f"no answer from {self._name} ({type(error).__name__})") from error
        _check(self._name, response)

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def _token(self) -> dict[str, str]:
        if self._token_file is None:
            return {}
        try:
            token = self._token_file.read_bytes().strip()
        except OSError as error:
            # Not the path: somebody may have put the token itself in its place.
            raise SinkUnavailable(f"cannot read the file with the sink's token ({error.strerror})") from error
        if not VISIBLE.fullmatch(token):
            raise SinkUnavailable("the file with the sink's token must hold one line of visible ASCII characters")
        return {"Authorization": f"Bearer {token.decode()}"}


def _finish(response: urllib3.BaseHTTPResponse) -> None:
    """Reads the answer's end, so that its connection can be used again; gives the connection up if that is far."""
    if len(response.read(READ_BYTES)) < READ_BYTES:
        response.release_conn()
    else:
        response.close()


def _check(url: str, response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's successes
        return
    if status in AT_FAULT:
        raise SinkRefused(f"{url} answered {status}", status)
    asked = retry_after(response.headers) if status in ASKING else None
    raise SinkUnavailable(f"{url} answered {status}", status, asked)
