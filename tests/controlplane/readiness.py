"""How to see that a program answers."""

import socket
import ssl
from collections.abc import Callable

import httpx

_PATIENCE = 2  # seconds for one answer


def http_ready(url: str, context: ssl.SSLContext | bool = True) -> Callable[[], bool]:
    """Return a look at `url` that is true once it answers with success."""

    def look() -> bool:
        try:
            return httpx.get(url, verify=context, trust_env=False, timeout=_PATIENCE).is_success
        except httpx.TransportError:
            return False

    return look


def port_ready(port: int) -> Callable[[], bool]:
    """Return a look at a port of loopback that is true once somebody listens."""

    def look() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE):
                return True
        except OSError:
            return False

    return look
