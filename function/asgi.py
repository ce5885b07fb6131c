"""func's runtime: an object with handle, start, stop, alive and ready.

func's own server answers /health/liveness and /health/readiness from `alive` and `ready`; the other paths come here.
"""

from collections.abc import Mapping

from function.environment import Environ
from function.http import Receive, Scope, Send
from function.service import Service
from function.targets import check, service_for

KEEP_ALIVE_SECONDS = 620
"""How long an idle connection stays open: longer than any client of ours keeps one (Envoy and queue-proxy: 90 s to
10 min), so that it is never closed just as the next review comes. Hypercorn's 5 s would fail one in a thousand."""

REQUESTS_PER_CONNECTION = 2**31
"""How many requests a connection may carry: as good as any number. After Hypercorn's 1,000 it hangs up, which over
HTTP/2 loses what is on its way (docs/adr/0041)."""


class Function:
    """One of our functions, as func's runtime calls it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (plain ASGI)."""
        await self._service(scope, receive, send)

    def start(self, _cfg: Mapping[str, str]) -> None:
        """Starts what runs beside the function; func passes its environment, which `new` has read already."""
        self._service.start()

    def stop(self) -> None:
        """Ends what runs beside the function."""
        self._service.stop()

    def alive(self) -> tuple[bool, str]:
        """Whether the process is of use: always, as long as it answers."""
        return True, "ok"

    def ready(self) -> tuple[bool, str]:
        """Whether the function may get requests, and what it waits for if not."""
        waits_for = self._service.waits_for()
        return waits_for is None, f"not ready: {waits_for}" if waits_for else "ok"


def function_from(environ: Environ) -> Function:  # pragma: no cover - as `new`, which calls it
    """The function that FUNCTION_TARGET names. A wrong setting ends the process with one line that says which."""
    from hypercorn.config import Config  # noqa: PLC0415 - func's server; not there under functions-framework

    # func makes its server's configuration itself, after it called us: defaults are all that we can set.
    Config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    Config.keep_alive_max_requests = REQUESTS_PER_CONNECTION
    Config.include_server_header = False
    return Function(service_for(check(environ), environ))
