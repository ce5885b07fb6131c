"""Health and metrics over HTTP: /health/liveness, /health/readiness, /metrics."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from function.errors import SettingError

IDLE_SECONDS = 10
Problems = Callable[[], list[str]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Handler(WSGIRequestHandler):
    timeout = IDLE_SECONDS

    def log_message(self, *_: object) -> None:
        """Says nothing of each probe."""


def serve(port: int, registry: CollectorRegistry, problems: Problems) -> ThreadingWSGIServer:
    """Starts to answer on all addresses, in threads; `problems` are what speaks against being ready.

    Liveness is always good: what cannot go on ends the process.

    Raises:
        SettingError: the port cannot be used.
    """
    try:
        server = make_server("", port, application(registry, problems), ThreadingWSGIServer, _Handler)
    except OSError as error:
        raise SettingError(
            f"HOOKRUNNER_INFORMER_PORT={port} cannot be served ({error.strerror}): set a port that is free"
        ) from None
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def application(registry: CollectorRegistry, problems: Problems) -> WsgiApp:
    """The WSGI application for the three paths."""
    metrics = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            body: Iterable[bytes] = metrics(environ, start_response)
            return body
        if path == "/health/liveness":
            return _text(start_response, "200 OK", ["alive"])
        if path == "/health/readiness":
            found = problems()
            return _text(start_response, "503 Service Unavailable" if found else "200 OK", found or ["ready"])
        return _text(start_response, "404 Not Found", ["there is /health/liveness, /health/readiness and /metrics"])

    return answer


def _text(start_response: Callable[..., Any], status: str, lines: list[str]) -> Iterable[bytes]:
    body = "".join(f"{line}\n" for line in lines).encode()
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
