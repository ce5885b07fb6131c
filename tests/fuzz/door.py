"""A function's whole door without sockets: a request in, as func's runtime would hand it over, an answer out."""

import asyncio
import functools
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry

from function.asgi import Function
from function.http import RawHeaders, Request
from function.metrics import Metrics
from function.service import Handler, Service
from function.targets import Standing
from tests.fuzz.rules import Alarm, Broken, hold

MAX_BODY_BYTES = 1_000_000
ANSWERED = frozenset({200, 204, 400, 401, 405, 413, 415})
"""Every status that a door may give while what it needs can be reached. 503 is for when it cannot: not here."""

_LONGEST_REFUSAL = 500
_TRACES = (b"Traceback", b'File "', b".py")


@functools.cache
def event_loop() -> asyncio.AbstractEventLoop:
    """The one event loop of the process, which a server has too: a new one for each input would cost more than it."""
    return asyncio.new_event_loop()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out."""

    status: int
    headers: RawHeaders
    body: bytes


class Door:
    """The door of one function."""

    def __init__(self, handler: Handler, metrics: Metrics, alarm: Alarm) -> None:
        self._function = Function(Service(handler, Standing(), metrics, MAX_BODY_BYTES))
        self._alarm = alarm

    def ask(self, request: Request) -> Answer:
        """The answer to one request.

        Raises:
            Broken: there is none, or one that must not be.
        """
        answer = event_loop().run_until_complete(self._exchange(request))
        self._alarm.check()
        _check(answer)
        return answer

    async def _exchange(self, request: Request) -> Answer:
        half = len(request.body) // 2
        pieces = [request.body[half:], request.body[:half]]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": request.method, "path": request.path, "headers": request.headers}
        await self._function.handle(scope, receive, send)
        start, body = sent
        return Answer(start["status"], start["headers"], body["body"])


def metrics() -> Metrics:
    """Metrics of their own."""
    return Metrics(CollectorRegistry())


def _check(answer: Answer) -> None:
    if answer.status >= 500:
        raise Broken("5xx", f"answered {answer.status}")
    hold(answer.status in ANSWERED, f"answered {answer.status}")
    if answer.status != 204:
        length = b"%d" % len(answer.body)
        hold((b"content-length", length) in answer.headers, "an answer without its Content-Length")
    if answer.status >= 400:
        hold(len(answer.body) < _LONGEST_REFUSAL, "a refusal that is no line but a book")
        hold(answer.body.count(b"\n") == 1, "a refusal of more than one line")
        hold(not any(trace in answer.body for trace in _TRACES), "a trace in an answer")
