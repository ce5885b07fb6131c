"""Lists, then watches: what happens to the objects of one kind, in order, with the position after each.

A position is a resourceVersion. It is empty while a list is under way: a list is one step, done with its last item.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec

from function.errors import ApiError, ApiGone, ApiUnavailable
from function.kubeapi import Api, api_error, decoded
from informer.backoff import Backoff
from informer.checkpoint import is_number
from informer.wire import Bookmark, Failure, Line, Meta, Node, Page, Pod

PAUSE_LABEL = "runner.gitlab.com/pause-pod"
PAGE = 250
"""Objects in a page of a list: some 6 MB of pods."""
WATCH_SECONDS = 30
"""How long one watch lasts. The server sends a bookmark 2 s before its end (or each minute), so a watch is never
silent for longer than this, and one that is has lost its connection without a word."""
IDLE_SECONDS = WATCH_SECONDS + 5.0

_log = logging.getLogger(__name__)


class Watched(Protocol):
    """What every kind of object has."""

    @property
    def metadata(self) -> Meta:
        """Name, UID, labels."""


T = TypeVar("T", bound=Watched)


@dataclass(frozen=True, slots=True)
class Resource(Generic[T]):
    """A collection to watch: a name for people, its path, the shapes of objects and pages, and what to select."""

    name: str
    path: str
    shape: type[T]
    page: type[Page[T]]
    selector: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """An object as it was at `position`, or no object: then all up to `position` has been given.

    `kind` is LISTED, or what the watch calls it: ADDED, MODIFIED, DELETED or BOOKMARK.
    """

    object: T | None
    position: str
    kind: str


def pods(runner_label: str) -> Resource[Pod]:
    """Bound pods with the runner label: with this field selector, the binding itself is what adds a pod.

    GitLab's pause pods are place holders for jobs to come: they leave no cache.
    """
    selector = {"labelSelector": f"{runner_label},!{PAUSE_LABEL}", "fieldSelector": "spec.nodeName!="}
    return Resource("pods", "/api/v1/pods", Pod, Page[Pod], selector)


def nodes() -> Resource[Node]:
    """All nodes."""
    return Resource("nodes", "/api/v1/nodes", Node, Page[Node])


def changes(api: Api, resource: Resource[T], position: str) -> Iterator[Seen[T]]:
    """What happened since `position`, until the server ends the watch; if that is empty, all there is comes first.

    Raises:
        ApiGone: `position` is too old for the server.
        ApiError: the API server cannot be asked.
    """
    if not position:
        position = yield from _listed(api, resource)
    yield from _watched(api, resource, position)


def forever(
    api: Api, resource: Resource[T], position: str, pause: Backoff, on_gap: Callable[[], None]
) -> Iterator[Seen[T]]:
    """`changes` again and again, each from where the last one ended, until `pause` is told to stop.

    `on_gap` is called where the server no longer has what followed our position, before everything is listed again.
    """
    doubtful = True
    while not pause.stopped():
        try:
            if doubtful and position:
                _check(api, resource, position)
            doubtful = False
            for seen in changes(api, resource, position):
                if pause.stopped():
                    return
                position = seen.position or position
                pause.reset()
                yield seen
        except ApiGone as error:
            _log.warning("watching %s: %s; listing all of them again", resource.name, error)
            if position:
                on_gap()
            position = ""
            pause.wait()
        except ApiError as error:
            _log.warning("watching %s: %s; trying again", resource.name, error)
            doubtful = True
            pause.wait(error.retry_after)


def _check(api: Api, resource: Resource[T], position: str) -> None:
    """Refuses a position that the server has not reached.

    An etcd that was restored from a backup counts anew, and a watch from there would stay silent until it is reached.
    resourceVersions may be compared (KEP-5504, Kubernetes 1.35).
    """
    page = _page(api, resource, {"limit": "1"})
    if _number(position) > _number(page.metadata.resource_version):
        raise ApiGone(f"the position {position} is ahead of the API server, which was set back", 410)


def _number(version: str) -> int:
    if not is_number(version):
        raise ApiGone("there is a resourceVersion that is no number", 410)
    return int(version)


def _listed(api: Api, resource: Resource[T]) -> Generator[Seen[T], None, str]:
    query = {"limit": str(PAGE)}
    while True:
        page = _page(api, resource, query)
        for item in page.items or ():
            yield Seen(item, "", "LISTED")
        if not page.metadata.more:
            break
        query["continue"] = page.metadata.more
    yield Seen(None, page.metadata.resource_version, "LISTED")
    return page.metadata.resource_version


def _page(api: Api, resource: Resource[T], query: Mapping[str, str]) -> Page[T]:
    body = api.call("GET", resource.path, query={**resource.selector, **query})
    return _decoded(body, resource.page, resource)


def _watched(api: Api, resource: Resource[T], position: str) -> Iterator[Seen[T]]:
    query = {
        **resource.selector,
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(WATCH_SECONDS),
        "resourceVersion": position,
    }
    silent = True
    for text in api.lines(resource.path, query, IDLE_SECONDS):
        yield _seen(_decoded(text, Line, resource), resource)
        silent = False
    if silent:
        raise ApiUnavailable(f"watch of {resource.path}: it ended without a bookmark")


def _seen(line: Line, resource: Resource[T]) -> Seen[T]:
    if line.type == "ERROR":
        failure = _decoded(line.object, Failure, resource)
        raise api_error(f"watch of {resource.path}", failure.code, failure.message)
    if line.type == "BOOKMARK":
        return Seen(None, _decoded(line.object, Bookmark, resource).metadata.resource_version, line.type)
    item = _decoded(line.object, resource.shape, resource)
    return Seen(item, item.metadata.resource_version, line.type)


S = TypeVar("S")


def _decoded(body: bytes | msgspec.Raw, shape: type[S], resource: Resource[T]) -> S:
    return decoded(body, shape, f"an answer of {resource.path}")
