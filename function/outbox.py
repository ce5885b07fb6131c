"""Posts CloudEvents to a sink after the answer was given: a bounded queue and one thread.

For events whose loss costs little, such as job hooks. The informer's bindings, which must not be lost, go another way.
"""

import contextlib
import logging
import queue
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import urllib3

from function.metrics import Metrics

log = logging.getLogger(__name__)

CAPACITY = 10_000
ATTEMPTS = 8
DRAIN_SECONDS = 5.0
"""How long a stop waits for what was taken; Knative gives a pod 30 s in all."""

_BACKOFF_SECONDS = 0.1
_BACKOFF_MAX_SECONDS = 5.0
_TIMEOUT = urllib3.Timeout(connect=2.0, read=10.0)
_HEADERS = {"content-type": "application/cloudevents+json; charset=utf-8"}
_PASSING = frozenset({404, 408, 409, 425, 429})
"""Answers below 500 that may be another one later; Knative retries the same."""

_END = b"end"
"""What tells the thread that nothing follows; no event looks like it."""

Post = Callable[[bytes], int]


class Outbox:
    """A Backend that posts what is put in, in order. `post` sends a body and gives the status; OSError without one."""

    def __init__(self, post: Post, metrics: Metrics, overrides: Mapping[str, str]) -> None:
        self._post = post
        self._metrics = metrics
        self._overrides = overrides
        self._waiting: queue.Queue[bytes] = queue.Queue(CAPACITY)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to post; returns at once."""
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread when all that was taken has had its outcome, or after some seconds without the rest."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(_END)
        if self._thread is not None:
            self._thread.join(DRAIN_SECONDS)
        self._stopping.set()

    def ready(self) -> str | None:
        """None: a sink that is away must not keep hooks from being taken."""
        return None

    def put(self, event: dict[str, Any]) -> bool:
        """Takes a structured event for posting; False if there is no room, and it is dropped."""
        try:
            self._waiting.put_nowait(msgspec.json.encode({**event, **self._overrides}))
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        while not self._stopping.is_set() and (body := self._waiting.get()) is not _END:
            outcome = self._deliver(body)
            self._metrics.posts.labels(outcome).inc()
            if outcome != "delivered":
                log.warning(
                    "an event was not delivered to K_SINK (%s); the scaler's next poll makes up for it", outcome
                )

    def _deliver(self, body: bytes) -> str:
        for attempt in range(ATTEMPTS):
            status = self._try(body)
            if 200 <= status < 300:  # noqa: PLR2004 - HTTP's successes
                return "delivered"
            if 400 <= status < 500 and status not in _PASSING:  # noqa: PLR2004 - HTTP's client errors
                return "refused"
            longest = min(_BACKOFF_MAX_SECONDS, _BACKOFF_SECONDS * 2**attempt)
            if self._stopping.wait(random.uniform(0, longest)):  # noqa: S311 - jitter, no secret
                break
        return "given-up"

    def _try(self, body: bytes) -> int:
        try:
            return self._post(body)
        except OSError:
            return 0


def poster(sink: str, ca_certs: str = "") -> Post:
    """Posts to the URL `sink` over connections that are kept.

    `ca_certs` are PEM certificates that an https sink is verified by, instead of the system's.
    """
    pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT, ca_cert_data=ca_certs or None)

    def post(body: bytes) -> int:
        try:
            return pool.request("POST", sink, body=body, headers=_HEADERS, redirect=False).status
        except urllib3.exceptions.HTTPError as error:
            raise ConnectionError(str(error)) from error

    return post
