"""The fake GitLab behind real HTTP or HTTPS, in a thread of its own: any kind of client can talk to it."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import uvicorn

from tests.gitlab.app import App
from tests.gitlab.gitlab import GitLab

_STARTS_WITHIN_S = 10.0


class Identity(NamedTuple):
    """A server's certificate chain and its key, as PEM files."""

    certificate: Path
    key: Path


@contextmanager
def serve(
    gitlab: GitLab,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: Identity | None = None,
    external_url: str | None = None,
) -> Iterator[str]:
    """Serve until the block ends and yield the base URL; port 0 takes any that is free."""
    is_up = Event()
    with socket.create_server((host, port)) as listener:
        address = f"{host}:{listener.getsockname()[1]}"
        server = TellingServer(config(App(gitlab, external_url), tls), is_up.set)
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        if not is_up.wait(_STARTS_WITHIN_S):
            raise TimeoutError(f"the fake GitLab did not start on {address} within {_STARTS_WITHIN_S} s")
        yield f"{'https' if tls else 'http'}://{address}"
        server.should_exit = True
        thread.join()


def config(app: App, tls: Identity | None = None) -> uvicorn.Config:
    """Return uvicorn's settings: no log of its own, no lifespan, and a stop that cuts slow answers off."""
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


class TellingServer(uvicorn.Server):
    """A server that calls `tell` when it is up."""

    def __init__(self, settings: uvicorn.Config, tell: Callable[[], object]) -> None:
        super().__init__(settings)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell."""
        await super().startup(sockets)
        self._tell()
