"""The record function: CloudEvents in, one merged write of the history out.

It answers 2xx only after the write. Malformed events get 400, which nobody retries; what may pass later gets 409 or
503, which Knative and the informer do retry. Success is 204 without a body: a body would be a reply event.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from function.commit import GroupCommit
from function.errors import BadRequest, StoreError
from function.events import NODE_REMOVED, POD_BOUND, EventLike, node_removed, pod_bound, type_of
from function.history import Change, combine, seconds_of
from function.http import Request, Response, problem
from function.metrics import Metrics
from function.receiving import read_events

log = logging.getLogger(__name__)

AHEAD_SECONDS = 7200
"""How far ahead of our clock an event's time may be before that is told: clocks that differ by an hour do no harm."""

_ALLOW = (b"allow", b"POST, OPTIONS")
_NOTHING = Change()


class Record:
    """The function. `check_sender` raises Unauthorized for an `Authorization` header that may not record.

    `clock` is `time.time`, and only for warnings: what is recorded must not depend on when it comes.
    """

    def __init__(
        self,
        commit: GroupCommit,
        check_sender: Callable[[str], Awaitable[None]],
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._commit = commit
        self._check_sender = check_sender
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, request: Request) -> Response:
        """The answer to one delivery.

        Raises:
            BadRequest: the delivery is malformed, or the sender may not record.
            StoreError: it is not written; the same delivery may be, later.
        """
        if request.method == "OPTIONS":
            return handshake(request)
        if request.method != "POST":
            return problem(405, "CloudEvents are posted: use POST", _ALLOW)
        await self._check_sender(request.header("authorization"))
        events = read_events(request)
        change = self._change(events)
        self._warn(change)
        if change != _NOTHING:
            try:
                await self._commit.add(change)
            except StoreError:
                self._count(events, "not-written")
                raise
        self._count(events, "recorded")
        return Response(204)

    def _change(self, events: Sequence[EventLike]) -> Change:
        """All or nothing: a batch with a malformed event in it is refused whole, and the message says which."""
        changes = []
        for index, event in enumerate(events):
            try:
                changes.append(change_of(event))
            except BadRequest as error:
                self._count([event], "malformed")
                where = f"event {index} of the batch: " if len(events) > 1 else ""
                raise BadRequest(f"{where}{error}") from None
        return combine(changes)

    def _warn(self, change: Change) -> None:
        """Tells of a time that is far ahead: its node is believed to be the last, or gone, until it has come."""
        times = [at for warm in (*change.bound.values(), change.removed) for at in warm.values()]
        ahead = max(times, default=0) - self._clock()
        if ahead > AHEAD_SECONDS:
            log.warning("an event's time is %d s ahead of this clock; it is recorded: see which clock is wrong", ahead)

    def _count(self, events: Sequence[EventLike], outcome: str) -> None:
        for event in events:
            kind = type_of(event)
            known = kind in {POD_BOUND, NODE_REMOVED}
            ignored = not known and outcome == "recorded"
            self._metrics.events.labels(kind if known else "unknown", "ignored" if ignored else outcome).inc()


def change_of(event: EventLike) -> Change:
    """What an event adds to the history; nothing for a type that is not ours.

    Raises:
        BadRequest: it is of a type of ours, and its data is malformed.
    """
    kind = type_of(event)
    if kind == POD_BOUND:
        bound = pod_bound(event)
        return Change(bound={bound.key: {bound.node: seconds_of(bound.bound_at)}})
    if kind == NODE_REMOVED:
        gone = node_removed(event)
        return Change(removed={gone.node: seconds_of(gone.removed_at)})
    return _NOTHING


def handshake(request: Request) -> Response:
    """The answer to a sender that asks whether it may post here (CloudEvents' HTTP web hook specification).

    The callback that it may offer is never fetched: that would be a request to an address of the caller's choice.
    """
    origin = request.header("webhook-request-origin")
    if not origin:
        return problem(405, "OPTIONS without WebHook-Request-Origin asks for nothing: use POST", _ALLOW)
    allowed = (b"webhook-allowed-origin", origin.encode("latin-1"))
    return Response(200, headers=(allowed, (b"webhook-allowed-rate", b"*"), (b"allow", b"POST")))
