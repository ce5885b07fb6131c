"""The mutate function: an AdmissionReview in, an AdmissionReview out. No I/O.

It always lets the pod through. A patch adds preferred node affinity for the nodes where the pod's key ran last; in
every other case, and whenever anything is missing or broken, there is no patch, and `auditAnnotations` and a
metric say why.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from function.admission import (
    MIRROR_ANNOTATION,
    PAUSE_LABEL,
    AdmissionRequest,
    Pod,
    answer,
    answer_tail,
    read_affinity,
    read_review,
)
from function.affinity import Operation, Preference, has_ours, operations
from function.errors import UnsafePatch
from function.history import REMOVED, Entry
from function.http import Request, Response, problem
from function.keys import key_of
from function.metrics import Metrics
from function.settings import PlacementSettings
from function.snapshot import Snapshot

log = logging.getLogger(__name__)

_JSON = b"application/json"
_MAX_PREPARED = 4096
_MAX_PREPARED_AFFINITY = 4096
"""Bounds of what is kept prepared: answers, and bytes of the affinity that one is for. Beyond: made each time."""


class Reason(StrEnum):
    """What was decided, and why. Values are a metric's label and an audit annotation: names that people rely on."""

    PATCHED = "patched"
    AUDITED = "audited"
    NOT_A_POD = "not-a-pod"
    SUBRESOURCE = "subresource"
    NOT_A_CREATE = "not-a-create"
    UNREADABLE_POD = "unreadable-pod"
    MIRROR_POD = "mirror-pod"
    PAUSE_POD = "pause-pod"
    NODE_CHOSEN = "node-chosen"
    NO_RUNNER_LABEL = "no-runner-label"
    NO_KEY = "no-key"
    NO_CACHE_VOLUME = "no-cache-volume"
    NO_HISTORY_YET = "no-history-yet"
    NO_WARM_NODE = "no-warm-node"
    ALREADY_PREFERRED = "already-preferred"
    UNSAFE_PATCH = "unsafe-patch"
    INTERNAL_ERROR = "internal-error"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered for one pod: why, for which key, which nodes, and the patch if there is one."""

    reason: Reason
    key: str | None = None
    preferences: tuple[Preference, ...] = ()
    patch: tuple[Operation, ...] | None = None

    def annotations(self) -> dict[str, str]:
        """The audit annotations: what an operator finds in the API server's audit log."""
        found = {"reason": str(self.reason)}
        if self.key is not None:
            found["key"] = self.key
        if self.preferences:
            found["nodes"] = ",".join(f"{wish.node}={wish.weight}" for wish in self.preferences)
        return found


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An answer that is good while the entry is the same object and `until` (seconds since 1970) has not come."""

    entry: Entry
    until: float
    decision: Decision
    tail: bytes


class Mutate:
    """The function. `snapshot` gives the newest history, or None before there is one; `clock` is `time.time`."""

    methods = b"POST"

    def __init__(
        self,
        settings: PlacementSettings,
        snapshot: Callable[[], Snapshot | None],
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._metrics = metrics
        self._clock = clock
        self._told = ""
        self._prepared: dict[tuple[str, bytes], _Prepared] = {}
        self._tails = {reason: answer_tail(Decision(reason).annotations(), None) for reason in Reason}
        self._counters = {reason: metrics.reviews.labels(str(reason)) for reason in Reason}

    async def __call__(self, request: Request) -> Response:
        """The answer to one review.

        Raises:
            BadRequest: the body is no review that can be answered.
        """
        if request.method != "POST":
            return problem(405, "an AdmissionReview is posted: use POST", (b"allow", self.methods))
        started = time.perf_counter()
        review = read_review(request.body)
        decision, tail = self._decide(review)
        self._counters[decision.reason].inc()
        self._metrics.review_seconds.observe(time.perf_counter() - started)
        return Response(200, answer(review.uid, tail), _JSON)

    def _decide(self, review: AdmissionRequest) -> tuple[Decision, bytes]:
        try:
            decision, tail = self._place(review)
        except Exception:
            # A preference must never stop a job, whatever we got wrong: logged once here, with its trace.
            log.exception("mutate failed on review %s; the pod is let through as it is", review.uid)
            decision = Decision(Reason.INTERNAL_ERROR)
            tail = self._tails[decision.reason]
        if log.isEnabledFor(logging.DEBUG):
            log.debug("decided", extra={"uid": review.uid, **decision.annotations()})
        return decision, tail

    def _place(self, review: AdmissionRequest) -> tuple[Decision, bytes]:
        reason = reason_to_skip_request(review)
        if reason is not None:
            return self._skip(reason)
        pod = review.object
        if pod is None:
            log.warning("review %s holds a pod that cannot be read; it is let through as it is", review.uid)
            return self._skip(Reason.UNREADABLE_POD)
        reason = reason_to_skip_pod(pod, self._settings)
        if reason is not None:
            return self._skip(reason)
        key = key_of(pod.metadata.labels or {}, self._settings.key_labels)
        if key is None:
            return self._skip(Reason.NO_KEY)
        snapshot = self._snapshot()
        if snapshot is None:
            return self._skip(Reason.NO_HISTORY_YET)
        if snapshot.malformed_removals:
            self._tell(snapshot.data[REMOVED], snapshot.malformed_removals)
        return self._answer_for(key, snapshot.entry(key), bytes(pod.spec.affinity))

    def _tell(self, removed: str, malformed: int) -> None:
        """Counts and logs what makes no sense among the removed nodes: once for each text of it, not for each pod."""
        if removed != self._told:
            self._told = removed
            self._metrics.malformed.inc(malformed)
            log.warning("the history's removed nodes hold %d text(s) that make no sense", malformed)

    def _skip(self, reason: Reason) -> tuple[Decision, bytes]:
        return Decision(reason), self._tails[reason]

    def _answer_for(self, key: str, entry: Entry, affinity: bytes) -> tuple[Decision, bytes]:
        """The answer for a pod of `key` with this affinity: one prepared before, if it still holds."""
        now = self._clock()
        found = self._prepared.get((key, affinity))
        if found is None or found.entry is not entry or now >= found.until:
            found = self._prepare(key, entry, affinity, now)
        return found.decision, found.tail

    def _prepare(self, key: str, entry: Entry, affinity: bytes, now: float) -> _Prepared:
        decision = decide(key, entry, affinity, self._settings, now)
        if self._settings.audit:
            decision = audited(decision)
        if entry.malformed:
            self._metrics.malformed.inc(entry.malformed)
            log.warning("history of key %s holds %d text(s) that make no sense", key, entry.malformed)
        tail = answer_tail(decision.annotations(), None if decision.patch is None else list(decision.patch))
        prepared = _Prepared(entry, _holds_until(entry, self._settings.max_age, now), decision, tail)
        if len(affinity) <= _MAX_PREPARED_AFFINITY:
            if len(self._prepared) >= _MAX_PREPARED:
                self._prepared.clear()
            self._prepared[key, affinity] = prepared
        return prepared


def reason_to_skip_request(review: AdmissionRequest) -> Reason | None:
    """Why a request is none for us, before its object is looked at; None if it is the CREATE of a v1 Pod."""
    if review.sub_resource:
        return Reason.SUBRESOURCE
    if (review.kind.group, review.kind.version, review.kind.kind) != ("", "v1", "Pod"):
        return Reason.NOT_A_POD
    if review.operation != "CREATE":
        return Reason.NOT_A_CREATE
    return None


def reason_to_skip_pod(pod: Pod, settings: PlacementSettings) -> Reason | None:
    """Why a pod is left alone whatever the history says; None if it may get a preference."""
    labels = pod.metadata.labels or {}
    if MIRROR_ANNOTATION in (pod.metadata.annotations or {}):
        return Reason.MIRROR_POD  # the kubelet made it from a file: it runs where it runs
    if PAUSE_LABEL in labels:
        return Reason.PAUSE_POD  # GitLab's place holder for a job to come: it has no cache
    if pod.spec.node_name:
        return Reason.NODE_CHOSEN  # no scheduler will look at preferences
    if settings.runner_label not in labels:
        return Reason.NO_RUNNER_LABEL
    if not pod.has_cache(settings.volume_prefix):
        return Reason.NO_CACHE_VOLUME
    return None


def decide(key: str, entry: Entry, affinity: bytes, settings: PlacementSettings, now: float) -> Decision:
    """What a pod of `key` gets, with `affinity` as the JSON that the review holds of it."""
    nodes = entry.fresh(int(now - settings.max_age), len(settings.weights))
    if not nodes:
        return Decision(Reason.NO_WARM_NODE, key)
    wishes = tuple(map(Preference, nodes, settings.weights))
    try:
        existing = read_affinity(affinity)
        if has_ours(existing, settings.weights, settings.term):
            return Decision(Reason.ALREADY_PREFERRED, key)
        patch = tuple(operations(existing, wishes, settings.term))
    except (UnsafePatch, ValueError, RecursionError) as error:
        log.warning("no patch for a pod of key %s: %s", key, error)
        return Decision(Reason.UNSAFE_PATCH, key)
    return Decision(Reason.PATCHED, key, wishes, patch)


def audited(decision: Decision) -> Decision:
    """`decision` told and not done: without its patch."""
    return decision if decision.patch is None else replace(decision, reason=Reason.AUDITED, patch=None)


def _holds_until(entry: Entry, max_age: float, now: float) -> float:
    """When the oldest node that is still fresh will be too old: the next moment at which the answer may change."""
    return min((time + max_age for _, time in entry.warm if time + max_age > now), default=float("inf")) + 1
