"""The ConfigMap as `mutate` sees it: an immutable snapshot in memory, kept fresh by a list and a watch.

A lost watch leaves the last snapshot in use. The client library's own SharedInformer is not used: it decodes each
version three times over, imports the heavy half of the client, and waits five seconds after a failed list.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from function.errors import ApiError, ApiGone, HookrunnerError
from function.kubeapi import Api, decoded
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.snapshot import Snapshot
from function.stores.configmap import ConfigMap, Metadata

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""After this long without a first list, mutate is ready without a history: jobs come first."""
_WATCH_SECONDS = 240
_IDLE_SECONDS = 90.0
"""Bookmarks come once a minute: a watch that is quiet for longer hangs on a dead connection."""
_BACKOFF_SECONDS = (0.05, 5.0)
_LASTING_SECONDS = 5.0
"""A watch that ends sooner counts as failed, however it ended: something between us and the API server cuts it."""


class _List(msgspec.Struct, frozen=True):
    metadata: Metadata = Metadata()
    items: list[ConfigMap] = []


class _WatchEvent(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class Mirror:
    """Follows one ConfigMap in a thread of its own. `api` gives the API server, made in that thread."""

    def __init__(
        self,
        api: Callable[[], Api],
        where: ConfigMapStore,
        metrics: Metrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._metrics = metrics
        self._monotonic = monotonic
        self._path = f"/api/v1/namespaces/{where.namespace}/configmaps"
        self._query = {"fieldSelector": f"metadata.name={where.name}"}
        self._snapshot: Snapshot | None = None
        self._version: str | None = None
        self._started = monotonic()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begins to follow; returns at once."""
        self._started = self._monotonic()
        threading.Thread(target=self._run, name="mirror", daemon=True).start()

    def stop(self) -> None:
        """Asks the thread to end; a watch that waits ends with the process."""
        self._stopping.set()

    def ready(self) -> str | None:
        """None after the first list, or after ten seconds without one."""
        if self._snapshot is not None or self._monotonic() - self._started >= GRACE_SECONDS:
            return None
        return "the first list of the history's ConfigMap"

    def snapshot(self) -> Snapshot | None:
        """The newest history; None before the first list."""
        return self._snapshot

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = self._monotonic()
            try:
                self.follow_once(self._api())
            except Exception as error:  # noqa: BLE001 - whatever the API server sends, the thread must outlive it
                self._lost(error)
            failures = 0 if self._monotonic() - began >= _LASTING_SECONDS else failures + 1
            self._stopping.wait(backoff_seconds(failures))

    def _lost(self, error: Exception) -> None:
        self._metrics.mirror_connected.set(0)
        self._metrics.mirror_lost.inc()
        trace = None if isinstance(error, HookrunnerError) else error
        log.warning("the history is not being followed, its last state stays in use: %s", error, exc_info=trace)

    def follow_once(self, api: Api) -> None:
        """Lists if there is nothing to go on from, then watches until the server ends the watch.

        Raises:
            ApiError: the list or the watch failed.
        """
        if self._version is None:
            self._list(api)
        query = {
            **self._query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version or "",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        try:
            for line in api.lines(self._path, query, _IDLE_SECONDS):
                self._take(decoded(line, _WatchEvent))
                self._metrics.mirror_connected.set(1)
                if self._stopping.is_set():
                    return
        except ApiError:
            # Whatever it was, an API server that was set back from a backup would keep a watch from here silent.
            self._version = None
            raise

    def _list(self, api: Api) -> None:
        found = decoded(api.call("GET", self._path, query=self._query), _List)
        self._version = found.metadata.resource_version
        self._swap(found.items[0].data if found.items else None)
        self._metrics.mirror_connected.set(1)

    def _take(self, event: _WatchEvent) -> None:
        if event.type == "ERROR":
            status = decoded(event.object, _Status)
            kind = ApiGone if status.code == 410 else ApiError  # noqa: PLR2004 - HTTP's Gone
            raise kind(f"the watch of the history ended: {status.message}", status.code)
        found = decoded(event.object, ConfigMap)
        self._version = found.metadata.resource_version
        if event.type != "BOOKMARK":
            self._swap(None if event.type == "DELETED" else found.data)

    def _swap(self, data: Mapping[str, str] | None) -> None:
        self._snapshot = Snapshot(data or {}, self._snapshot)
        self._metrics.mirror_updates.inc()


def backoff_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: twice as long each time, up to a bound, with jitter."""
    low, high = _BACKOFF_SECONDS
    return random.uniform(low, min(high, low * 2.0 ** min(failures, 10)))  # noqa: S311 - jitter, no secret
