"""functions-framework's targets: mutate, record and hook, as `async def` (a sync one costs a thread hop on each call).

functions-framework has no hook for the start: a wrong setting ends it while it loads this file, and what runs beside a
function starts with the first request, which on Knative is the readiness probe.
"""

import functools
import os

from starlette.requests import Request
from uvicorn_worker import UvicornWorker

from function.http import Response
from function.service import Service
from function.targets import check, service_for

KEEP_ALIVE_SECONDS = 620
"""As in function.asgi: an idle connection must outlive its client's pool. gunicorn's default is 2 s."""

check(os.environ)
# functions-framework makes the server itself, without options: what its worker class hands on is all there is.
UvicornWorker.CONFIG_KWARGS |= {"timeout_keep_alive": KEEP_ALIVE_SECONDS, "server_header": False, "lifespan": "off"}


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
