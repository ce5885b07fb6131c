"""The history in a ConfigMap. Writes carry the resourceVersion that they were computed from.

What was written last is remembered, so that a write costs one request; a conflict, or nothing to change, is settled by
a look at what is really there. Where that is another ConfigMap than the one that we knew, of another UID, somebody
deleted ours and made it anew: what we knew is merged into it.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from function.errors import (
    ApiConflict,
    ApiDenied,
    ApiError,
    ApiNotFound,
    SettingError,
    StoreConflict,
    StoreRefused,
    StoreUnavailable,
)
from function.history import Change, Data, combine, everything, keys_in, merge, size_of
from function.kubeapi import MERGE_PATCH, Api, decoded
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.protocol import Limits

log = logging.getLogger(__name__)

ATTEMPTS = 20
_BACKOFF_SECONDS = 0.02
"""How long to wait at most before looking again, times the attempt: another replica wrote just now."""


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """Of an object's metadata: its version, and which of all the objects that had this name it is."""

    resource_version: str = ""
    uid: str = ""


class ConfigMap(msgspec.Struct, frozen=True):
    """What we read of a ConfigMap."""

    metadata: Metadata = Metadata()
    data: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """The ConfigMap as we last read or wrote it. `version` is empty if it is not there, or must be looked at anew."""

    data: Data = field(default_factory=dict)
    version: str = ""
    uid: str = ""


_NOTHING = Change()


class _Version(msgspec.Struct, frozen=True):
    metadata: Metadata = Metadata()


class ConfigMapWriter:
    """Writes changes into one ConfigMap. `api` gives the API server, made at the first need."""

    def __init__(
        self,
        api: Callable[[], Api],
        where: ConfigMapStore,
        limits: Limits,
        metrics: Metrics,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api = api
        self._where = where
        self._limits = limits
        self._metrics = metrics
        self._pause = pause
        self._known = _Known()
        self._lost = _NOTHING
        self._writing = threading.Lock()
        self._parent = f"/api/v1/namespaces/{where.namespace}/configmaps"

    def write(self, change: Change) -> None:
        """Adds `change`; returns when the API server has it.

        Raises:
            StoreUnavailable: the API server cannot be asked, or there is no such namespace.
            StoreRefused: the API server does not take it, or there is no room; the message says what to do.
            StoreConflict: others wrote in between, each time.
        """
        with self._writing, self._metrics.write_seconds.time():
            try:
                self._write(change)
            except ApiDenied as error:
                self._metrics.writes.labels("refused").inc()
                raise StoreRefused(self._advice(error)) from error
            except StoreRefused:
                self._forget()  # the next write looks whether a person has mended it
                self._metrics.writes.labels("refused").inc()
                raise
            except (ApiError, SettingError) as error:
                self._metrics.writes.labels("unavailable").inc()
                raise StoreUnavailable(f"the history cannot be written now: {error}") from error

    def _write(self, change: Change) -> None:
        for attempt in range(ATTEMPTS):
            known, fresh = self._look()
            whole = combine((self._lost, change))
            updates = merge(known.data, whole, self._limits.max_nodes, self._limits.max_bytes)
            if not updates and known.version:
                if fresh:
                    self._keep(known)
                    return
                self._forget()  # perhaps somebody took away what we think is there: look
                continue
            try:
                known = self._put(known, updates)
            except (ApiConflict, ApiNotFound) as error:
                if isinstance(error, ApiNotFound) and not known.version:
                    raise  # it could not be made: its namespace is not there
                self._forget()
                self._pause(random.uniform(0, _BACKOFF_SECONDS * attempt))  # noqa: S311 - jitter, no secret
                continue
            self._keep(known)
            self._metrics.writes.labels("written").inc()
            self._measure(known.data, updates)
            return
        self._metrics.writes.labels("conflict").inc()
        raise StoreConflict(f"others changed the history {ATTEMPTS} times while this was written: send it again")

    def _look(self) -> tuple[_Known, bool]:
        """What to go on from, and whether it was read just now.

        Where the ConfigMap is gone, that is what we knew of it, to be made anew; where another stands in its place,
        what we knew is lost there, and is to be merged.
        """
        if self._known.version:
            return self._known, False
        found = self._read()
        if not found.version:
            return self._known, True
        if self._known.uid not in {"", found.uid}:
            log.warning("the ConfigMap %s was made anew: merging what is known of the one before", self._name())
            self._lost = combine((self._lost, everything(self._known.data)))
        self._known = replace(found, version="")
        return found, True

    def _forget(self) -> None:
        """Looks before the next write, and keeps what we knew in case it is gone."""
        self._known = replace(self._known, version="")

    def _keep(self, known: _Known) -> None:
        self._known, self._lost = known, _NOTHING

    def _read(self) -> _Known:
        try:
            found = decoded(self._api().call("GET", self._path()), ConfigMap)
        except ApiNotFound:
            return _Known()
        return _Known(found.data or {}, found.metadata.resource_version, found.metadata.uid)

    def _put(self, known: _Known, updates: Mapping[str, str | None]) -> _Known:
        whole = {name: text for name, text in {**known.data, **updates}.items() if text is not None}
        if known.version:
            body: dict[str, Any] = {"metadata": {"resourceVersion": known.version}, "data": updates}
            answer = self._api().call("PATCH", self._path(), body=body, content_type=MERGE_PATCH)
        else:
            log.warning("the ConfigMap %s is not there: making it", self._name())
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self._where.name}, "data": whole}
            answer = self._api().call("POST", self._parent, body=body)
        metadata = decoded(answer, _Version).metadata
        return _Known(whole, metadata.resource_version, metadata.uid)

    def _path(self) -> str:
        return f"{self._parent}/{self._where.name}"

    def _name(self) -> str:
        return f"{self._where.namespace}/{self._where.name}"

    def _advice(self, error: ApiDenied) -> str:
        return (
            f"the API server does not take a write of ConfigMap {self._name()}: {error}; see that it is there, not "
            "immutable and under 1 MiB, and that record's Role lets it get and patch it"
        )

    def _measure(self, data: Data, updates: Mapping[str, str | None]) -> None:
        keys = keys_in(data)
        self._metrics.history_keys.set(len(keys))
        self._metrics.history_bytes.set(size_of(data))
        if evicted := _gone(updates) - keys:
            self._metrics.evicted.inc(len(evicted))
            full = "the history is full (HOOKRUNNER_HISTORY_MAX_BYTES): keys that were unused longest left: %d"
            log.warning(full, len(evicted))


def _gone(updates: Mapping[str, str | None]) -> set[str]:
    """The keys of which something is deleted: all of it, or after a removal of its last node one text."""
    return keys_in({name: "" for name, text in updates.items() if text is None})
