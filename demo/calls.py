"""HTTP calls to the servers over one kept connection each, as the API server and the informer keep theirs."""

import re
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError

from demo.bindings import Delivery
from demo.errors import DemoError
from demo.reviews import Answer, Review, read_answer
from demo.servers import HOST, Server

ENDING_SECONDS = 1.0
"""A server that dies hangs up before its end can be seen: look for so long."""
_OK = 200
_JSON = {"content-type": "application/json"}
_SAMPLE = re.compile(r'(\w+?)(?:\{(?:reason="([^"]*)")?\})? (\S+)')


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: its status and its body."""

    status: int
    body: bytes

    @property
    def line(self) -> str:
        """The body as the one line of text that an error is."""
        return self.body.decode().strip()


class Calls:
    """What is asked of one server."""

    def __init__(self, server: Server, seconds: float = 10.0) -> None:
        self.server = server
        self._pool = urllib3.HTTPConnectionPool(HOST, server.port, maxsize=1, retries=False, timeout=seconds)

    def post(self, body: bytes, headers: dict[str, str] = _JSON) -> Reply:
        """The reply to a POST, whatever its status.

        Raises:
            DemoError: there is none.
        """
        return self._ask("POST", "/", body, headers)

    def ask(self, review: bytes) -> bytes:
        """What `mutate` answers to a review that is right.

        Raises:
            DemoError: no answer, or an error.
        """
        reply = self.post(review)
        if reply.status != _OK:
            raise DemoError(f"mutate answered a good review with {reply.status}: {reply.line}; please report this")
        return reply.body

    def decide(self, review: Review) -> Answer:
        """What `mutate` decides; raises as `ask` does."""
        return read_answer(self.ask(review.body()))

    def deliver(self, delivery: Delivery) -> Reply:
        """The reply to CloudEvents."""
        return self.post(delivery.body, delivery.headers)

    def metrics(self) -> dict[tuple[str, str], float]:
        """The server's metrics: (name, reason or empty) -> value. Those with other labels are left out."""
        text = self._ask("GET", "/metrics", None, {}).body.decode()
        found = filter(None, map(_SAMPLE.fullmatch, text.splitlines()))
        return {(match[1], match[2] or ""): float(match[3]) for match in found}

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        try:
            answer = self._pool.request(method, path, body=body, headers=headers)
        except HTTPError as error:
            self.server.check(ENDING_SECONDS)
            raise DemoError(
                f"{self.server.target} did not answer ({type(error).__name__}): run `make demo` again"
            ) from error
        return Reply(answer.status, answer.data)
