"""The informer's life: stand by, lead, end. Who leads keeps the Lease until it ends or sees that another has it."""

import logging
import threading
import time

from function.errors import ApiError
from function.kubeapi import KubeApi
from informer.backoff import Asked, Backoff
from informer.crew import Crew
from informer.delivery import LANES, Batching, Courier, Delivery, Sink
from informer.leader import Leader
from informer.lease import Lease, Notes
from informer.metrics import Metrics
from informer.settings import Settings

RENEW_SECONDS = 2.0
"""How often the Lease is looked at, or renewed with how far was delivered: that much is sent twice after a crash."""
TICK_SECONDS = 0.1
"""How soon a first position is written."""
DRAIN_SECONDS = 20.0
"""How long the end may take: less than the 30 s that Kubernetes gives."""

_log = logging.getLogger(__name__)


class Informer:
    """One replica. `stop` ends it; `run` tells how."""

    def __init__(self, api: KubeApi, sink: Sink, settings: Settings, metrics: Metrics, stop: threading.Event) -> None:
        self._api = api
        self._naming = settings.naming
        self._stop = stop
        self._halt = threading.Event()
        self._crew = Crew(stop)
        self._lease = Lease(api, settings.lease)
        self._metrics = metrics
        self._behind = settings.behind
        batching, asked = Batching(settings.sink.batch), Asked()
        couriers = [Courier(sink, Backoff(self._halt, asked=asked), batching, metrics) for _ in range(LANES)]
        self._delivery = Delivery(couriers, self._crew)
        self._leader: Leader | None = None
        self._held: Notes | None = None
        self._trouble = ""
        metrics.watch_backlog(self._delivery)

    def run(self) -> bool:
        """Returns when it was told to stop (True), or cannot go on and must be started anew (False)."""
        notes = self._stand_by()
        if notes is None:
            return True
        self._leader = leader = Leader(self._api, self._naming, self._delivery.put, notes, self._metrics)
        self._metrics.leader.set(1)
        _log.info("leading, from %s", dict(notes) or "the beginning")
        leader.start(self._crew)
        kept = self._lead(leader)
        self._end(leader, kept)
        return kept and not self._crew.failed

    def problems(self) -> list[str]:
        """What speaks against being ready, for a person: nothing while standing by in order."""
        problems = [self._trouble] if self._trouble else []
        if self._leader is not None:
            problems += self._leader.problems()
        if (behind := self._delivery.behind()) > self._behind:
            problems.append(f"the sink is {behind:.0f} s behind, with {self._delivery.waiting[0]} events waiting")
        return problems

    def _stand_by(self) -> Notes | None:
        """The Lease's annotations once it is ours; None if told to stop before."""
        while not self._stop.is_set():
            if (notes := self._look({})) is not None:
                return notes
            self._stop.wait(RENEW_SECONDS)
        return None

    def _lead(self, leader: Leader) -> bool:
        """Renews the Lease until told to stop; False as soon as another has it."""
        written: Notes = {}
        renewed = time.monotonic()
        while not self._stop.wait(TICK_SECONDS):
            notes = leader.notes()
            # A first position is written at once: without any, who comes after a crash could only list.
            if notes.keys() == written.keys() and time.monotonic() - renewed < RENEW_SECONDS:
                continue
            written, renewed = notes, time.monotonic()
            if self._look(notes) is None:
                _log.error("another replica has the Lease, and sends what is not delivered: ending, to be started anew")
                return False
        return True

    def _look(self, notes: Notes) -> Notes | None:
        """Takes or renews the Lease. Without an answer all stays as it was: an outage is no reason to change."""
        try:
            self._held = self._lease.hold(notes)
            self._trouble = ""
        except ApiError as error:
            self._trouble = f"the Lease cannot be renewed: {error}"
            _log.warning(self._trouble)
        return self._held

    def _end(self, leader: Leader, kept: bool) -> None:
        """Delivers what was seen, if the Lease is still ours. Else its holder does, and two would mix up the order."""
        leader.halt()
        if kept and not self._delivery.drain(DRAIN_SECONDS):
            _log.warning("%d events still wait for the sink: the next leader sends them", self._delivery.waiting[0])
        self._halt.set()
        if kept:
            self._release(leader.notes())

    def _release(self, notes: Notes) -> None:
        try:
            self._lease.release(notes)
        except ApiError as error:
            _log.warning("the Lease runs out by itself: %s", error)
