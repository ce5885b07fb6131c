"""Deliveries for the tests: one with what became of its events, and a sink's answer that waits."""

import threading
from collections.abc import Callable

from informer.backoff import Asked, Backoff
from informer.crew import Crew
from informer.delivery import Batching, Courier, Delivery
from informer.lanes import Outgoing
from informer.metrics import Metrics
from informer.sink import HttpSink
from tests.support.waiting import PATIENCE_SECONDS

TYPE = "dev.hookrunner.pod.bound.v1"


class Sender:
    """A Delivery with one thread a lane, and what became of the events that were put into it."""

    def __init__(self, url: str, lanes: int, *, batch: bool = True, **most: int) -> None:
        self.settled: dict[str, bool] = {}
        self.metrics = Metrics()
        self.halt = threading.Event()
        batching, asked = Batching(batch), Asked()
        sink = HttpSink(url)
        # A tenth of the usual delays: the tests wait for them.
        pauses = [Backoff(self.halt, lambda: 0.1, asked) for _ in range(lanes)]
        couriers = [Courier(sink, pause, batching, self.metrics) for pause in pauses]
        self.delivery = Delivery(couriers, Crew(self.halt), **most)

    def put_all(self, *ids: str) -> None:
        """Hands events of one key over."""
        for id_ in ids:
            self.put(id_)

    def put(self, id_: str, key: str = "41") -> None:
        """Hands an event over."""
        body = b'{"id": "%s", "type": "t", "data": {"key": "%s"}}' % (id_.encode(), key.encode())
        self.delivery.put(Outgoing(key, TYPE, id_, body, lambda accepted: self.settled.update({id_: accepted})))

    def count(self, metric: str, **labels: str) -> float | None:
        """The value of a metric."""
        return self.metrics.registry.get_sample_value(metric, labels)


class Hold:
    """Holds the sink's answer back until something has happened."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._released = threading.Event()

    def wait(self) -> None:
        """Waits, in the sink."""
        self._arrived.set()
        self._released.wait(PATIENCE_SECONDS)

    def release_after(self, do: Callable[[], object]) -> None:
        """Waits for a post to arrive, does something, and lets it be answered."""
        assert self._arrived.wait(PATIENCE_SECONDS)
        do()
        self._released.set()
