"""The hook function: a GitLab job webhook in, a CloudEvent out, so that scaling from zero does not wait for a poll.

GitLab waits ten seconds and disables a hook that fails again and again. So what is genuine is answered 2xx at once,
what is not ours too, and the event is posted after the answer. A hook that is lost costs one poll: polling stays the
authority.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from function.decoding import UNREADABLE
from function.errors import BadRequest, Unauthorized
from function.events import JOB_CHANGED, JobChanged, aware, encode
from function.hooksecrets import HookSecrets
from function.http import Request, Response, problem
from function.metrics import Metrics

MAX_REMEMBERED = 10_000
"""How many deliveries are remembered, so that a replay does nothing."""

_LONGEST_ID = 200
"""Characters of a delivery's id; GitLab's are UUIDs. A longer one would be kept ten thousand times, and is not used."""

_FINISHED = frozenset({"success", "failed", "canceled", "skipped"})


class _Event(msgspec.Struct, frozen=True):
    """Of any event, what tells whether it is a job's: others have fields of the same names and other types."""

    object_kind: object = None


class _Runner(msgspec.Struct, frozen=True):
    tags: tuple[str, ...] | None = None


class JobHook(msgspec.Struct, frozen=True):
    """Of a job event's payload, what we read. Times are text such as `2026-11-24 08:00:00 UTC`.

    Source: GitLab's documentation, "Webhook events", job events.
    """

    build_status: str = ""
    build_id: int = 0
    project_id: int = 0
    build_created_at: str | None = None
    build_started_at: str | None = None
    build_finished_at: str | None = None
    build_queued_duration: float | None = None
    runner: _Runner | None = None


class Hook:
    """The function. `send` takes a CloudEvent for later, and says whether there was room; `now` is in UTC."""

    def __init__(
        self,
        secrets: HookSecrets,
        send: Callable[[dict[str, Any]], bool],
        metrics: Metrics,
        now: Callable[[], datetime],
    ) -> None:
        self._secrets = secrets
        self._send = send
        self._metrics = metrics
        self._now = now
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """The answer to one delivery: 204 for what is genuine, whatever becomes of it.

        Raises:
            Unauthorized: neither the secret token nor the signature is right.
            BadRequest: it is genuine, and no JSON object, or a job event unlike GitLab's.
        """
        if request.method != "POST":
            return problem(405, "GitLab posts its webhooks: use POST", (b"allow", b"POST"))
        try:
            self._secrets.check(request, self._now())
            outcome = self._take(request, _read(request.body))
        except BadRequest as error:
            self._metrics.hooks.labels("forged" if isinstance(error, Unauthorized) else "malformed").inc()
            raise
        self._metrics.hooks.labels(outcome).inc()
        return Response(204)

    def _take(self, request: Request, hook: JobHook | None) -> str:
        """What becomes of a genuine delivery, as the metric calls it."""
        if hook is None:
            return "ignored"
        delivery = _delivery(request) or _identity(hook)
        if delivery in self._seen:
            return "duplicate"
        self._remember(delivery)
        return "accepted" if self._send(self._event(request, hook, delivery)) else "dropped"

    def _event(self, request: Request, hook: JobHook, delivery: str) -> dict[str, Any]:
        data = JobChanged(
            status=hook.build_status,
            project_id=hook.project_id,
            job_id=hook.build_id,
            tags=hook.runner.tags if hook.runner else None,
            queued_seconds=hook.build_queued_duration,
        )
        return encode(
            type_=JOB_CHANGED,
            source=f"{_instance(request)}/projects/{hook.project_id}",
            id_=delivery,
            subject=f"{hook.project_id}/{hook.build_id}",
            time=_changed_at(hook) or self._now(),
            data=data,
        )

    def _remember(self, delivery: str) -> None:
        self._seen[delivery] = None
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)


def _read(body: bytes) -> JobHook | None:
    """The job event in a body, None if it holds another event."""
    try:
        if msgspec.json.decode(body, type=_Event).object_kind != "build":
            return None
        return msgspec.json.decode(body, type=JobHook)
    except UNREADABLE as error:
        raise BadRequest(f"the body is no job event of GitLab's: {error}") from None


def _delivery(request: Request) -> str:
    """What GitLab calls the delivery; empty where it has no name, or none of a sensible length."""
    ids = (request.header("idempotency-key"), request.header("webhook-id"))
    return next((id_ for id_ in ids if 0 < len(id_) <= _LONGEST_ID), "")


def _identity(hook: JobHook) -> str:
    """A name for a delivery of an older GitLab, which sends no key: a job has each status once."""
    return f"{hook.project_id}/{hook.build_id}/{hook.build_status}"


def _instance(request: Request) -> str:
    """The GitLab that sent it, as it names itself; a path where it does not (older than 15.5) or is no URL."""
    url = request.header("x-gitlab-instance").rstrip("/")
    return url if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url else "/gitlab"


def _changed_at(hook: JobHook) -> datetime | None:
    """When the job got its status, as far as the payload tells."""
    if hook.build_status in _FINISHED:
        return _time(hook.build_finished_at)
    return _time(hook.build_started_at if hook.build_status == "running" else hook.build_created_at)


def _time(text: str | None) -> datetime | None:
    try:
        return aware(datetime.fromisoformat((text or "").replace(" UTC", "+00:00")))
    except ValueError:
        return None
