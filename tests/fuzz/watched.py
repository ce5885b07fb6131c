"""Target: what the API server says. A list's page, then a watch's lines: to the informer, and to the mirror."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from function.errors import ApiError, ApiUnavailable, BadRequest
from function.events import Event
from function.kubeapi import Query
from function.record import change_of
from function.settings import ConfigMapStore
from function.stores.mirror import Mirror
from informer.backoff import Backoff
from informer.bindings import Naming, Sent
from informer.feed import node_events, pod_events
from informer.latest import LastBound
from informer.watch import Resource, Seen, Watched, forever, nodes, pods
from tests.fuzz.configmap import check_readable
from tests.fuzz.door import metrics
from tests.fuzz.rules import Alarm
from tests.support import reviews

T = TypeVar("T", bound=Watched)
EventOf = Callable[[Seen[T]], dict[str, Any] | None]

_LABEL = "gitlab.com/runner-id"
_NAMING = Naming("eu-1", _LABEL, (_LABEL,), {})


def seeds() -> list[bytes]:
    """A page and a watch of pods, of nodes, and of our ConfigMap."""
    meta = {"resourceVersion": "9", "uid": "9f1c", "creationTimestamp": "2026-11-24T08:00:00Z"}
    node = {"metadata": {**meta, "name": "node-3"}}
    configmap = {"metadata": meta, "data": {"41": "node-3"}}
    return [_told(_pod(meta)), _told(node, "DELETED"), _told(configmap, "MODIFIED"), _told(configmap, "DELETED")]


def _pod(meta: dict[str, str]) -> dict[str, Any]:
    pod = json.loads((reviews.DATA / "pods" / "runner-cache-hostpath.json").read_bytes())
    labels = {**pod["metadata"]["labels"], _LABEL: "41"}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-24T08:00:00Z"}
    return {
        "metadata": {**meta, "name": pod["metadata"].get("name", "p"), "namespace": "ci", "labels": labels},
        "spec": {"nodeName": "node-3", "volumes": pod["spec"]["volumes"]},
        "status": {"conditions": [scheduled]},
    }


def _told(item: dict[str, Any], kind: str = "ADDED") -> bytes:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "12"}}}
    failure = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}
    page = {"metadata": {"resourceVersion": "8", "continue": ""}, "items": [item]}
    return b"\n".join(json.dumps(line).encode() for line in (page, {"type": kind, "object": item}, bookmark, failure))


class _Api:
    """An API server that gives this page to each list, and these lines to each watch; after the last, all must end."""

    def __init__(self, data: bytes, stop: threading.Event) -> None:
        self._page, *self._lines = data.split(b"\n")
        self._stop = stop
        self._pages = 4

    def call(self, method: str, path: str, *, query: Query | None = None, **_others: Any) -> bytes:  # noqa: ANN401, ARG002 - whatever a call has
        """The page, which may say that there are more: of the same, up to a few."""
        self._pages -= 1
        if self._pages < 0:
            raise ApiUnavailable("that was all")
        return self._page

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:  # noqa: ARG002 - as its protocol
        """The lines, without the empty ones."""
        yield from filter(None, self._lines)
        self._stop.set()


class _Once(Backoff):
    """Ends everything in the place of a wait."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__(stop)
        self._ends = stop

    def wait(self, asked: float | None = None) -> None:
        """Ends it."""
        super().seconds(asked)
        self._ends.set()


class Watching:
    """The informer's watch of pods and of nodes, from the start and from a position; and the mirror's."""

    def __init__(self, _scratch: Path, alarm: Alarm) -> None:
        self._metrics = metrics()
        self._alarm = alarm

    def __call__(self, data: bytes) -> int:
        """How many events came of it."""
        self._mirror(data)
        self._alarm.check()
        last = LastBound()
        told = _follow(data, "", pods(_LABEL), pod_events(_NAMING, Sent(), last))
        told += _follow(data, "7", pods(_LABEL), pod_events(_NAMING, Sent(), last))
        told += _follow(data, "7", nodes(), node_events(_NAMING, last))
        for event in told:
            _check(event)
        return len(told)

    def _mirror(self, data: bytes) -> None:
        api = _Api(data, threading.Event())
        mirror = Mirror(lambda: api, ConfigMapStore("hookrunner", "hookrunner-history"), self._metrics)
        with contextlib.suppress(ApiError):
            mirror.follow_once(api)
        check_readable(mirror.snapshot())


def _follow(data: bytes, position: str, resource: Resource[T], event_of: EventOf[T]) -> list[dict[str, Any]]:
    stop = threading.Event()
    sights = forever(_Api(data, stop), resource, position, _Once(stop), lambda: None)
    return [event for seen in sights if (event := event_of(seen)) is not None]


def _check(event: dict[str, Any]) -> None:
    """What the informer posts, `record` takes, or refuses in words."""
    whole = msgspec.json.decode(msgspec.json.encode(event))
    with contextlib.suppress(BadRequest):
        change_of(Event({name: value for name, value in whole.items() if name != "data"}, whole["data"]))
