"""A function as an HTTP service: health, metrics, and errors as answers."""

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.errors import (
    BadRequest,
    BodyTooLarge,
    StoreConflict,
    StoreRefused,
    StoreUnavailable,
    Unauthorized,
    UnsupportedMedia,
)
from function.http import ClientGone, Message, RawHeaders, Request, Response, problem
from function.metrics import Metrics
from function.service import Service
from function.targets import Standing


class Backend(Standing):
    """A backend that waits for something, and remembers what it was told."""

    def __init__(self, waits_for: str | None = None) -> None:
        self.waits_for = waits_for
        self.told: list[str] = []

    def start(self) -> None:
        """Is told to start."""
        self.told.append("start")

    def stop(self) -> None:
        """Is told to stop."""
        self.told.append("stop")

    def ready(self) -> str | None:
        """What it waits for."""
        return self.waits_for


async def echo(request: Request) -> Response:
    """A handler that gives the body back."""
    return Response(200, request.body)


def raising(error: Exception) -> Any:  # noqa: ANN401 - a handler
    """A handler that fails."""

    async def handler(_request: Request) -> Response:
        raise error

    return handler


async def respond(
    service: Service, method: str = "POST", path: str = "/", body: bytes = b"", headers: RawHeaders | None = None
) -> Response:
    """The answer to one request."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return await service.respond({"type": "http", "method": method, "path": path, "headers": headers or []}, receive)


RETRY = (b"retry-after", b"1")
CLOSE = (b"connection", b"close")

ERRORS = [
    pytest.param(BadRequest("wrong"), Response(400, b"wrong\n"), id="malformed"),
    pytest.param(BodyTooLarge("too much"), Response(413, b"too much\n", headers=(CLOSE,)), id="too large"),
    pytest.param(UnsupportedMedia("not so"), Response(415, b"not so\n"), id="unsupported"),
    pytest.param(Unauthorized("who?"), Response(401, b"who?\n"), id="no token"),
    pytest.param(Unauthorized("not you", 403), Response(403, b"not you\n"), id="another's token"),
    pytest.param(StoreConflict("others"), Response(409, b"others\n", headers=(RETRY,)), id="conflict"),
    pytest.param(StoreUnavailable("later"), Response(503, b"later\n", headers=(RETRY,)), id="unavailable"),
    pytest.param(StoreRefused("mend it"), Response(503, b"mend it\n", headers=(RETRY,)), id="refused"),
    pytest.param(
        ZeroDivisionError("secret"),
        Response(503, b"this did not work here; the log has the reason\n", headers=(RETRY,)),
        id="a bug",
    ),
]


@pytest.mark.parametrize(("error", "response"), ERRORS)
async def test_error(
    metrics: Metrics,
    registry: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    response: Response,
) -> None:
    """Each error is an answer of its own, counted by status and logged once; a trace stays in the log."""
    service = Service(raising(error), Standing(), metrics, 100)
    assert await respond(service) == response
    status = {"status": str(response.status)}
    assert registry.get_sample_value("hookrunner_requests_refused_total", status) == 1
    (record,) = caplog.records
    is_bug = isinstance(error, ZeroDivisionError)
    assert (record.levelno, bool(record.exc_info)) == (logging.ERROR if is_bug else logging.WARNING, is_bug)


async def test_client_gone(metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """A client that hung up is no request that was refused: nothing is counted, nothing logged."""
    assert (await respond(Service(raising(ClientGone("gone")), Standing(), metrics, 100))).status == 400
    status = {"status": "400"}
    assert (registry.get_sample_value("hookrunner_requests_refused_total", status), caplog.records) == (None, [])


async def test_handled(metrics: Metrics) -> None:
    """Any other path and method goes to the handler."""
    service = Service(echo, Standing(), metrics, 100)
    assert await respond(service, "PUT", "/health/liveness", b"x") == Response(200, b"x")
    assert await respond(service, "GET", "/health") == Response(200, b"")


async def test_limit(metrics: Metrics) -> None:
    """The handler never sees a body over the limit."""
    message = "the body is over the limit of 3 bytes (HOOKRUNNER_MAX_BODY_BYTES)"
    assert await respond(Service(echo, Standing(), metrics, 3), body=b"1234") == problem(413, message)


@pytest.mark.parametrize(
    ("waits_for", "readiness"),
    [
        pytest.param(None, Response(200, b"ok\n"), id="ready"),
        pytest.param("the first list", Response(503, b"not ready: the first list\n"), id="not ready"),
    ],
)
async def test_health(metrics: Metrics, waits_for: str | None, readiness: Response) -> None:
    """A process that answers is alive; it is ready when its backend is."""
    service = Service(echo, Backend(waits_for), metrics, 100)
    assert await respond(service, "GET", "/health/liveness") == Response(200, b"ok\n")
    assert await respond(service, "GET", "/health/readiness") == readiness


async def test_metrics(metrics: Metrics) -> None:
    """The metrics are served as Prometheus reads them."""
    response = await respond(Service(echo, Standing(), metrics, 100), "GET", "/metrics")
    assert (response.status, response.content_type) == (200, b"text/plain; version=0.0.4; charset=utf-8")
    assert b"\n# TYPE hookrunner_reviews_total counter\n" in response.body


async def test_metrics_are_not_for_outside(metrics: Metrics) -> None:
    """What came by a gateway and queue-proxy gets none; what came by the API server's pod proxy does."""
    service = Service(echo, Standing(), metrics, 100)
    proxied = (b"x-forwarded-for", b"10.0.0.1")
    by_gateway = await respond(service, "GET", "/metrics", headers=[proxied, (b"forwarded", b"for=10.0.0.1")])
    by_api_server = await respond(service, "GET", "/metrics", headers=[proxied])
    text = b"metrics are served inside the cluster, at the pod's own port\n"
    assert (by_gateway, by_api_server.status) == (Response(404, text), 200)


async def test_as_an_application(metrics: Metrics) -> None:
    """A server calls it as it calls any ASGI application: through its life, and for each request."""
    backend = Backend()
    service = Service(echo, backend, metrics, 100)
    coming: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await service({"type": "lifespan"}, receive, send)
    assert (sent, backend.told) == (
        [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}],
        ["start", "stop"],
    )
    coming, sent = [{"type": "http.request", "body": b"x"}], []
    await service({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"x")


def test_start_and_stop(metrics: Metrics) -> None:
    """The backend starts and ends with the service."""
    backend = Backend()
    service = Service(echo, backend, metrics, 100)
    service.start()
    service.stop()
    assert backend.told == ["start", "stop"]
