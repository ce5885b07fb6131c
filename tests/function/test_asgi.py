"""func's door: an object with handle, start, stop, alive and ready (tests/conformance has the runtime itself)."""

import pytest

from function.asgi import Function
from function.http import Message, Request, Response
from function.metrics import Metrics
from function.service import Service
from function.targets import Standing


class Backend(Standing):
    """A backend that remembers what it was told, and waits for something until it is started."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self) -> None:
        """Is told to start."""
        self.told.append("start")

    def stop(self) -> None:
        """Is told to stop."""
        self.told.append("stop")

    def ready(self) -> str | None:
        """What it waits for."""
        return None if self.told else "its start"


async def echo(request: Request) -> Response:
    """A handler that gives the body back."""
    return Response(200, request.body)


@pytest.fixture
def backend() -> Backend:
    """What runs beside the function."""
    return Backend()


@pytest.fixture
def function(backend: Backend, metrics: Metrics) -> Function:
    """The function."""
    return Function(Service(echo, backend, metrics, 100))


async def test_handle(function: Function) -> None:
    """A request is read from ASGI's messages, and answered by them."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x"}

    async def send(message: Message) -> None:
        sent.append(message)

    await function.handle({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"x")


def test_life(function: Function, backend: Backend) -> None:
    """It is alive from the beginning, ready once its backend is, and passes on its start and end."""
    before = (function.alive(), function.ready())
    function.start({})
    after = (function.alive(), function.ready())
    function.stop()
    assert before == ((True, "ok"), (False, "not ready: its start"))
    assert after == ((True, "ok"), (True, "ok"))
    assert backend.told == ["start", "stop"]
