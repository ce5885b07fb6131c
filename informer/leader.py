"""What a leader does: watch pods and nodes, deliver, and know how far it got."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from function.kubeapi import KubeApi
from informer.backoff import Backoff
from informer.bindings import Naming, Sent
from informer.checkpoint import notes_of, position_of
from informer.crew import Crew
from informer.feed import Event, Feed, Put, node_events, pod_events
from informer.latest import LastBound
from informer.lease import Notes
from informer.metrics import Metrics
from informer.positions import Progress
from informer.watch import Resource, Seen, Watched, forever, nodes, pods

SILENT_SECONDS = 90.0
"""How long a watch may bring nothing, not even a bookmark, before that makes us unready."""

T = TypeVar("T", bound=Watched)


class Leader:
    """Everything that runs while the Lease is ours. `notes` are the annotations that were found in it."""

    def __init__(self, api: KubeApi, naming: Naming, put: Put, notes: Notes, metrics: Metrics) -> None:
        self._api = api
        self._naming = naming
        self._put = put
        self._notes = notes
        self._metrics = metrics
        self._halt = threading.Event()
        self._progress: dict[str, Progress] = {}
        self._feeds: dict[str, Feed[Any]] = {}

    def start(self, crew: Crew) -> None:
        """Starts to watch, from where the Lease says that delivery got to."""
        last = LastBound()
        self._watch(crew, pods(self._naming.runner_label), pod_events(self._naming, Sent(), last))
        self._watch(crew, nodes(), node_events(self._naming, last))

    def halt(self) -> None:
        """Watches no longer. What was seen is still delivered."""
        self._halt.set()

    def notes(self) -> Notes:
        """How far was delivered, as annotations for the Lease."""
        return notes_of(self._progress)

    def problems(self) -> list[str]:
        """The watches that have been silent for too long."""
        silent = [name for name, feed in self._feeds.items() if feed.silent() > SILENT_SECONDS]
        return [f"the watch of {name} has brought nothing for over {SILENT_SECONDS:.0f} s" for name in silent]

    def _watch(self, crew: Crew, resource: Resource[T], event_of: Callable[[Seen[T]], Event | None]) -> None:
        position = position_of(self._notes, resource.name)
        progress = self._progress[resource.name] = Progress(position)
        feed = self._feeds[resource.name] = Feed(event_of, progress, self._put)
        self._metrics.silent.labels(resource.name).set_function(feed.silent)
        gaps = self._metrics.gaps.labels(resource.name)
        sights = forever(self._api, resource, position, Backoff(self._halt), gaps.inc)
        crew.start(resource.name, lambda: feed.run(sights))
