"""Target: what stands in the ConfigMap. The mirror lists it, the writer merges into it; the merge keeps its laws."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from function.errors import ApiError, StoreError, StoreRefused
from function.history import REMOVED, WARM_PREFIX, Change, Data, keys_in, merge, size_of
from function.keys import is_key, is_node_name
from function.kubeapi import Query
from function.settings import ConfigMapStore
from function.snapshot import Snapshot
from function.stores.configmap import ConfigMap, ConfigMapWriter
from function.stores.mirror import Mirror
from function.stores.protocol import Limits
from tests.fuzz.changesets import KEYS, changes
from tests.fuzz.door import metrics
from tests.fuzz.rules import Alarm, hold

_WHERE = ConfigMapStore("hookrunner", "hookrunner-history")
_MUCH = 10_000_000
_LITTLE = 200
_TIMES = '{"node-7":"2026-11-24T08:00:00Z","node-3":"2026-11-24T07:59:58Z","node-1":null}'

Updates = Mapping[str, str | None]


def seeds() -> list[bytes]:
    """ConfigMaps as the API server gives them: ours, an older tool's, one that people had their hands in, none."""
    whole = {"41": "node-7", "_warm.41": _TIMES, "_removed": '{"node-9":"2026-11-24T08:00:00Z"}'}
    by_hand = {**whole, "42": "node-3", "41.7": "NO NODE", "_warm.42": _TIMES[:40], "note": "do not touch"}
    return [_configmap(data) for data in (whole, {"41": "node-3", "17": "node-1"}, by_hand, {}, None)]


def _configmap(data: Mapping[str, str] | None) -> bytes:
    metadata = {"name": "hookrunner-history", "resourceVersion": "7"}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}).encode()


class _Api:
    """An API server that has this ConfigMap, whatever it is, and takes each write."""

    def __init__(self, found: bytes) -> None:
        self._found = found
        self.patches: list[dict[str, Any]] = []

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",  # noqa: ARG002 - as its protocol has it
    ) -> bytes:
        """A list, the ConfigMap, or the answer to a write, which is the ConfigMap as it was: its version is hostile."""
        if method == "PATCH":
            self.patches.append(msgspec.json.decode(msgspec.json.encode(body)))
        if query is None or path.endswith(_WHERE.name):
            return self._found
        return b'{"metadata":{"resourceVersion":"7"},"items":[' + self._found + b"]}"

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:  # noqa: ARG002 - as its protocol
        """A watch in which nothing happens."""
        return iter(())


class InCluster:
    """The mirror, the writer and the merge over one ConfigMap."""

    def __init__(self, _scratch: Path, alarm: Alarm) -> None:
        self._metrics = metrics()
        self._alarm = alarm

    def __call__(self, data: bytes) -> int:
        """How far `data` came: not read, read, or with something in it that has to do with our keys."""
        self._mirror(_Api(data))
        self._write(_Api(data), changes(data, 1)[0])
        self._alarm.check()
        try:
            found = msgspec.json.decode(data, type=ConfigMap).data
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return 0
        _check_laws(found or {}, changes(data, 4))
        return 2 if found and {*KEYS} & keys_in(found) else 1

    def _mirror(self, api: _Api) -> None:
        mirror = Mirror(lambda: api, _WHERE, self._metrics)
        try:
            mirror.follow_once(api)
        except ApiError:
            return
        check_readable(mirror.snapshot())

    def _write(self, api: _Api, change: Change) -> None:
        writer = ConfigMapWriter(lambda: api, _WHERE, Limits(2, _MUCH), self._metrics, pause=lambda _seconds: None)
        try:
            writer.write(change)
        except StoreError:
            return
        for patch in api.patches:
            check_updates(patch["data"])


def check_readable(snapshot: Snapshot | None) -> None:
    """Whatever stands there, what is read of it can name nodes."""
    if snapshot is None:
        return
    for key in keys_in(snapshot.data):
        hold(all(is_node_name(node) for node, _ in snapshot.entry(key).warm), "a warm node that no node can be")


def check_updates(updates: Updates) -> None:
    """Only what is ours is written: what a person put beside it stays."""
    ours = {name.removeprefix(WARM_PREFIX) for name in updates if name != REMOVED}
    hold(all(map(is_key, ours)), "a write of something that is no key of ours")


def _check_laws(data: Data, some: list[Change]) -> None:
    first, second, *rest = some
    once = _after(data, first)
    hold(_after(once, first) == once, "a change that is not the same twice")
    hold(_after(once, second) == _after(_after(data, second), first), "changes that do not commute")
    for change in rest:
        with contextlib.suppress(StoreRefused):  # what is not ours takes the room
            updates = merge(data, change, 2, _LITTLE)
            hold(size_of(_applied(data, updates)) <= _LITTLE, "a history over its limit")
            check_updates(updates)


def _after(data: Data, change: Change) -> Data:
    return _applied(data, merge(data, change, 2, _MUCH))


def _applied(data: Data, updates: Updates) -> Data:
    return {name: text for name, text in {**data, **updates}.items() if text is not None}
