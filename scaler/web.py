"""What the scaler answers over HTTP: metrics, health, and the events of `hook`, which it takes on any other path."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from function.errors import BadRequest
from function.events import JOB_CHANGED, Event, job_changed, type_of
from function.http import Request, Response, problem
from function.receiving import read_events
from scaler.metrics import Metrics

_REMEMBERED = 10_000
_NOT_COUNTED = frozenset(
    {"created", "waiting_for_resource", "preparing", "waiting_for_callback", "manual", "scheduled", "skipped"}
)
"""Statuses in which a job neither counts nor has counted; any other may have changed the number."""

_METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Web:
    """Answers one request. `changed` is told a project whose jobs changed, and says in how many queries it counts."""

    def __init__(self, changed: Callable[[int], int], metrics: Metrics) -> None:
        self.ready = False
        self._changed, self._metrics = changed, metrics
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """The answer. An event that makes no sense is refused with 400, and never again asked for."""
        if request.method == "POST":
            return self._events(request)
        if request.method not in {"GET", "HEAD"}:
            return problem(405, "GET metrics and health, POST CloudEvents", (b"allow", b"GET, POST"))
        if request.path == "/metrics":
            return Response(200, self._metrics.text(), _METRICS_TYPE)
        if request.path == "/health/liveness":
            return Response(200, b"alive\n")
        if request.path == "/health/readiness":
            return Response(200, b"ready\n") if self.ready else problem(503, "not serving gRPC")
        return problem(404, "there is /metrics, /health/liveness and /health/readiness")

    def _events(self, request: Request) -> Response:
        try:
            for event in read_events(request):
                self._metrics.events.labels(self._take(event)).inc()
        except BadRequest as error:
            self._metrics.events.labels("malformed").inc()
            return problem(error.status, str(error))
        return Response(204)

    def _take(self, event: Event) -> str:
        """What becomes of an event, as the metric calls it."""
        if type_of(event) != JOB_CHANGED:
            return "ignored"
        job = job_changed(event)
        if job.status in _NOT_COUNTED:
            return "ignored"
        named = f"{event.attributes['source']} {event.attributes['id']}"
        digest = hashlib.sha256(named.encode()).digest()  # names may be long, and 10,000 are remembered
        if digest in self._seen:
            return "duplicate"
        self._seen[digest] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return "recounted" if self._changed(job.project_id) else "elsewhere"
