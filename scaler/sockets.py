"""The open connections of one session, for whoever has to cut them off from another thread.

A socket's time-out is one of each read, so a server that sends a byte now and then, in its headers even, could hold a
thread for as long as it likes; and a thread that waits for an answer keeps the process from ending.
"""

import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Sockets:
    """What a session has open. `expired` says whether the call was cut off at its deadline, or for good."""

    def __init__(self) -> None:
        self.expired = False
        self._closed = False
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[HTTPConnection] = weakref.WeakSet()

    def close(self) -> None:
        """Cuts everything off, now and ever after."""
        self._closed = True
        self._cut()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cuts everything off if the block takes longer."""
        self.expired = self._closed
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # so that it cannot cut the next call off

    def pools(self) -> dict[str, type[HTTPConnectionPool]]:
        """Urllib3's pools by scheme, whose connections are known here."""
        opened = self._opened

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}

    def _opened(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._open.add(connection)
            if self.expired:
                _shut(connection)

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            for connection in self._open:
                _shut(connection)


def _shut(connection: HTTPConnection) -> None:
    """Ends the connection under who reads from it: closing alone would leave the reader where it is."""
    if connection.sock is not None:
        with suppress(OSError):  # it has just ended by itself
            # Not SSLSocket's own shutdown, which takes away the state that the reader is using.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
