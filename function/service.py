"""One function as an HTTP service: health, metrics, errors as answers. The doors call `respond`."""

import gc
import logging
from typing import Protocol

from function.errors import BadRequest, StoreConflict, StoreError
from function.http import ClientGone, Receive, Request, Response, Scope, Send, problem, read_request
from function.metrics import CONTENT_TYPE, Metrics

log = logging.getLogger(__name__)

LIVENESS = "/health/liveness"
READINESS = "/health/readiness"
METRICS = "/metrics"
_FORWARDED = b"forwarded"
"""A header that queue-proxy puts on whatever came by a gateway (docs/adr/0035)."""

_RETRY = (b"retry-after", b"1")


class Handler(Protocol):
    """A function: a request in, an answer out."""

    async def __call__(self, request: Request) -> Response:
        """The answer; BadRequest where there is none."""


class Backend(Protocol):
    """What a function needs to be running beside it, such as the mirror of the history."""

    def start(self) -> None:
        """Starts it; returns at once."""

    def stop(self) -> None:
        """Ends it; what only waits ends with the process."""

    def ready(self) -> str | None:
        """None if it is ready, else what it waits for."""


class Service:
    """A handler behind the paths that every function answers on; an ASGI application of itself."""

    def __init__(self, handler: Handler, backend: Backend, metrics: Metrics, max_body_bytes: int) -> None:
        self._handler = handler
        self._backend = backend
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or starts and stops with the server (ASGI's lifespan)."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            response = await self.respond(scope, receive)
            await response(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def start(self) -> None:
        """Starts what runs beside the handler."""
        # What is loaded by now stays: a full collection need not look at it, which would hold a review up for 25 ms.
        gc.freeze()
        self._backend.start()

    def stop(self) -> None:
        """Ends what runs beside the handler."""
        self._backend.stop()

    def waits_for(self) -> str | None:
        """None if the function is ready, else what it waits for."""
        return self._backend.ready()

    async def respond(self, scope: Scope, receive: Receive) -> Response:
        """The answer to one request, whatever it is: no exception leaves here."""
        if scope["method"] == "GET" and scope["path"] in {LIVENESS, READINESS, METRICS}:
            return self._inspect(scope)
        try:
            return await self._handler(await read_request(scope, receive, self._max_body_bytes))
        except ClientGone as error:
            return problem(error.status, str(error))  # nobody reads it, and nobody is to be told
        except BadRequest as error:
            return self._refuse(error)
        except StoreError as error:
            return self._not_stored(error)
        except Exception:
            # Not 500: nothing of ours is shown, and a sender that keeps its event will bring it again.
            log.exception("a request failed")
            self._metrics.requests_refused.labels("503").inc()
            return problem(503, "this did not work here; the log has the reason", _RETRY)

    def _inspect(self, scope: Scope) -> Response:
        path = scope["path"]
        if path == METRICS and any(name == _FORWARDED for name, _ in scope["headers"]):
            return problem(404, "metrics are served inside the cluster, at the pod's own port")
        if path == METRICS:
            return Response(200, self._metrics.text(), CONTENT_TYPE)
        waits_for = self.waits_for() if path == READINESS else None
        return Response(200, b"ok\n") if waits_for is None else problem(503, f"not ready: {waits_for}")

    def _not_stored(self, error: StoreError) -> Response:
        status = 409 if isinstance(error, StoreConflict) else 503
        self._metrics.requests_refused.labels(str(status)).inc()
        log.warning("not stored: %s", error, extra={"status": status})
        return problem(status, str(error), _RETRY)

    def _refuse(self, error: BadRequest) -> Response:
        self._metrics.requests_refused.labels(str(error.status)).inc()
        log.warning("refused a request: %s", error, extra={"status": error.status})
        return problem(error.status, str(error))
