"""Feeds: what is seen of pods and nodes becomes events on their way to `put`, and progress."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from informer.bindings import Naming, Sent, bound, bound_at, removed
from informer.lanes import Outgoing
from informer.latest import LastBound
from informer.positions import Progress
from informer.watch import Seen, Watched
from informer.wire import Node, Pod

T = TypeVar("T", bound=Watched)
Event = dict[str, Any]
Put = Callable[[Outgoing], None]


def pod_events(naming: Naming, sent: Sent, last: LastBound) -> Callable[[Seen[Pod]], Event | None]:
    """The binding that a sight of a pod tells; `last` is told of it.

    The watch selects bound pods, so what it adds was bound just now. A change or an end of a pod tells nothing new: its
    binding was added before, and is delivered if the position has passed it.
    """

    def event_of(seen: Seen[Pod]) -> Event | None:
        pod = seen.object
        if pod is None:
            return None
        if seen.kind == "DELETED":
            sent.forget(pod.metadata.uid)
        if seen.kind not in {"LISTED", "ADDED"} or not sent.add(pod.metadata.uid):
            return None
        if time := bound_at(pod):
            last.note(pod.spec.node_name, time, pod.metadata.resource_version)
        return bound(pod, naming)

    return event_of


def node_events(naming: Naming, last: LastBound) -> Callable[[Seen[Node]], Event | None]:
    """The removal of a node that was seen to go: its last state comes with that, and `last` knows what was bound."""

    def event_of(seen: Seen[Node]) -> Event | None:
        if seen.object is None or seen.kind != "DELETED":
            return None
        return removed(seen.object, last.before(seen.object.metadata.name, seen.position), naming)

    return event_of


class Feed(Generic[T]):
    """Hands over to `put` what the sights of one resource tell, and keeps its progress."""

    def __init__(self, event_of: Callable[[Seen[T]], Event | None], progress: Progress, put: Put) -> None:
        self._event_of = event_of
        self._progress = progress
        self._put = put
        self._heard = time.monotonic()

    def run(self, sights: Iterable[Seen[T]]) -> None:
        """Returns when there are no more sights."""
        for seen in sights:
            self._heard = time.monotonic()
            event = self._event_of(seen)
            if event is None:
                self._progress.passed(seen.position)
            else:
                self._put(self._outgoing(event, seen.position))

    def silent(self) -> float:
        """For how many seconds there was nothing, not even a bookmark."""
        return time.monotonic() - self._heard

    def _outgoing(self, event: Event, position: str) -> Outgoing:
        step = self._progress.begin(position)
        key = event["data"].get("key") or event["subject"]
        body = msgspec.json.encode(event)
        return Outgoing(key, event["type"], event["id"], body, lambda _: self._progress.finish(step))
