"""Sends recorded events to a sink, over several connections, at their pace."""

import threading
import time
from collections.abc import Iterable, Iterator

import msgspec

from informer.backoff import Backoff
from informer.crew import Crew
from informer.delivery import Batching, Courier, Delivery, Sink
from informer.lanes import Outgoing
from informer.metrics import Metrics
from informer.replay.options import ReplayOptions
from informer.replay.places import Digest, Place
from informer.replay.recordings import Event
from informer.replay.report import Report
from informer.replay.selection import Pace, key_in
from informer.replay.trail import Trail

MAX_WAITING = 1000
LAST_SECONDS = 2.0


class Replay:
    """One replay, from `place` on. Order is kept for each key."""

    def __init__(self, sink: Sink, options: ReplayOptions, report: Report, stop: threading.Event, place: Place) -> None:
        self._stop = stop
        self._pace = Pace(options.speed) if options.speed is not None else None
        self._patience = options.patience
        self._report = report
        self._trail = Trail(place)
        self.finished = threading.Event()
        batching, metrics = Batching(options.batch), Metrics()
        couriers = [Courier(sink, Backoff(stop), batching, metrics) for _ in range(options.connections)]
        self._reader, self._couriers = Crew(stop), Crew(stop)
        self._delivery = Delivery(couriers, self._couriers, max_events=MAX_WAITING)

    @property
    def place(self) -> Place:
        """Up to where the events were accepted or refused."""
        return self._trail.place

    @property
    def stuck(self) -> bool:
        """Whether the sink has taken nothing for too long."""
        return min(self._delivery.behind(), self._report.quiet()) > self._patience

    def start(self, events: Iterable[Event]) -> None:
        """Starts to send, of all `events`, those after the place; `finished` is set once all are settled."""
        rest = _after(self.place.settled, events)
        self._reader.start("replay", lambda: self._run(rest))

    def end(self) -> None:
        """Stops to send, once the posts that are under way are answered, or `LAST_SECONDS` later."""
        self._stop.set()
        self._delivery.close()
        self._couriers.join(LAST_SECONDS)

    def _run(self, events: Iterable[tuple[Event, bytes, str]]) -> None:
        started = time.monotonic()
        for event, body, digest in events:
            if self._pace is not None:
                self._stop.wait(max(0.0, started + self._pace.due(event) - time.monotonic()))
            if self._stop.is_set():
                return
            self._delivery.put(self._outgoing(event, body, digest))
        self._delivery.drain(None)
        self.finished.set()

    def _outgoing(self, event: Event, body: bytes, digest: str) -> Outgoing:
        key = key_in(event) or str(event.get("subject") or event["source"])
        step = self._trail.begin(digest)

        def settled(accepted: bool) -> None:
            self._report.count(accepted)
            self._trail.finish(step, accepted)

        return Outgoing(key, event["type"], event["id"], body, settled)


def _after(settled: int, events: Iterable[Event]) -> Iterator[tuple[Event, bytes, str]]:
    """The events after the first `settled`, each with its body and the digest of all up to it."""
    digest = Digest()
    for number, event in enumerate(events, 1):
        body = msgspec.json.encode(event)
        upto = digest.add(body)
        if number > settled:
            yield event, body, upto
