"""Sends recorded events to a sink, over several connections, at their pace."""

import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from informer.backoff import Backoff
from informer.crew import Crew
from informer.delivery import Batching, Courier, Delivery, Sink
from informer.lanes import Outgoing
from informer.metrics import Metrics
from informer.positions import Progress
from informer.replay.options import ReplayOptions
from informer.replay.recordings import Event
from informer.replay.report import Report
from informer.replay.selection import Pace, key_in

MAX_WAITING = 1000
LAST_SECONDS = 2.0


class Replay:
    """One replay. Order is kept for each key."""

    def __init__(self, sink: Sink, options: ReplayOptions, report: Report, stop: threading.Event) -> None:
        self._stop = stop
        self._pace = Pace(options.speed) if options.speed is not None else None
        self._patience = options.patience
        self._report = report
        self._progress = Progress("0")
        self.finished = threading.Event()
        batching, metrics = Batching(options.batch), Metrics()
        couriers = [Courier(sink, Backoff(stop), batching, metrics) for _ in range(options.connections)]
        self._reader, self._couriers = Crew(stop), Crew(stop)
        self._delivery = Delivery(couriers, self._couriers, max_events=MAX_WAITING)

    @property
    def settled(self) -> int:
        """How many events, from the first on without a gap, were accepted or refused."""
        return int(self._progress.position)

    @property
    def stuck(self) -> bool:
        """Whether the sink has taken nothing for too long."""
        return min(self._delivery.behind(), self._report.quiet()) > self._patience

    def start(self, events: Iterable[Event], settled: int) -> None:
        """Starts to send all but the first `settled` events; `finished` is set once all of them are settled."""
        self._progress.passed(str(settled))
        rest = islice(events, settled, None)
        self._reader.start("replay", lambda: self._run(rest, settled))

    def end(self) -> None:
        """Stops to send, once the posts that are under way are answered, or `LAST_SECONDS` later."""
        self._stop.set()
        self._delivery.close()
        self._couriers.join(LAST_SECONDS)

    def _run(self, events: Iterator[Event], settled: int) -> None:
        started = time.monotonic()
        for number, event in enumerate(events, settled + 1):
            if self._pace is not None:
                self._stop.wait(max(0.0, started + self._pace.due(event) - time.monotonic()))
            if self._stop.is_set():
                return
            self._delivery.put(self._outgoing(event, str(number)))
        self._delivery.drain(None)
        self.finished.set()

    def _outgoing(self, event: Event, position: str) -> Outgoing:
        key = key_in(event) or str(event.get("subject") or event["source"])
        step = self._progress.begin(position)

        def settled(accepted: bool) -> None:
            self._report.count(accepted)
            self._progress.finish(step)

        return Outgoing(key, event["type"], event["id"], msgspec.json.encode(event), settled)
