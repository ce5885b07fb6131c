"""functions-framework's targets: mutate, record and hook, as `async def` (a sync one costs a thread hop on each call).

functions-framework makes an application of Starlette around a target, and gives it to a worker of gunicorn's. Ours
serves the function itself instead: the layers between cost a third of the CPU time of a review (docs/adr/0040). The
targets are what functions-framework looks for, and what its development server (`--debug`) calls.
"""

import functools
import os
from typing import Any, ClassVar

import uvicorn_worker
from starlette.requests import Request

from function.http import Response
from function.onewrite import Protocol
from function.service import Service
from function.targets import check, service_for

KEEP_ALIVE_SECONDS = 620
"""As in function.asgi: an idle connection must outlive its client's pool. gunicorn's default is 2 s."""

_target = check(os.environ)


class Worker(uvicorn_worker.UvicornWorker):  # type: ignore[misc]  # it has no type information
    """gunicorn's worker, with the function in the place of functions-framework's application."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        **uvicorn_worker.UvicornWorker.CONFIG_KWARGS,
        "http": Protocol,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "server_header": False,
        "proxy_headers": False,
        "lifespan": "on",
        "ws": "none",
    }

    @classmethod
    def check_config(cls, cfg: Any, _log: object) -> None:  # noqa: ANN401 - gunicorn has no type information
        """Turns gunicorn's control socket off, at the moment that gunicorn leaves to its worker's wishes.

        It would lie in HOME or XDG_RUNTIME_DIR, and nobody here asks it anything.
        """
        cfg.set("control_socket_disable", True)

    def load_wsgi(self) -> None:
        """Makes the function, once the worker is a process of its own."""
        self.wsgi = service_for(_target, os.environ)


# functions-framework names the worker's class by this name, and has no option for another.
uvicorn_worker.UvicornWorker = Worker


async def mutate(request: Request) -> Response:
    """An AdmissionReview in, an AdmissionReview out."""
    return await _service("mutate").respond(request.scope, request.receive)


async def record(request: Request) -> Response:
    """CloudEvents in, one merged write of the history out."""
    return await _service("record").respond(request.scope, request.receive)


async def hook(request: Request) -> Response:
    """A GitLab job webhook in, a CloudEvent out."""
    return await _service("hook").respond(request.scope, request.receive)


@functools.cache
def _service(target: str) -> Service:
    service = service_for(target, os.environ)
    service.start()
    return service
