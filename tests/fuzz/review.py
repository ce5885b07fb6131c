"""Target: the review. Bytes into `read_review`, and through `mutate`'s door; each patch is applied and looked at."""

import json
import zlib
from pathlib import Path
from typing import Any

import jsonpatch

from function.admission import read_review
from function.errors import BadRequest
from function.http import Request
from function.mutate import Mutate, Reason
from function.settings import settings_from
from function.snapshot import Snapshot
from tests.fuzz.door import Door, metrics
from tests.fuzz.rules import Alarm, hold
from tests.support import reviews

_FORMS = {"field": reviews.field_term, "hostname": reviews.hostname_term}
_REFUSED, _SKIPPED, _KNOWN, _PATCHED = range(4)
_SHALLOW = {Reason.NOT_A_POD, Reason.SUBRESOURCE, Reason.NOT_A_CREATE, Reason.UNREADABLE_POD}


def seeds() -> list[bytes]:
    """The real reviews."""
    return [path.read_bytes() for path in sorted((reviews.DATA / "reviews").iterdir())]


class Review:
    """`mutate` with the history that knows every key of the real reviews, once in each form of terms."""

    def __init__(self, _scratch: Path, alarm: Alarm) -> None:
        self._doors = [(form, _door(form, alarm)) for form in _FORMS]

    def __call__(self, data: bytes) -> int:
        """How far `data` came."""
        try:
            read_review(data)
        except BadRequest:
            known = False
        else:
            known = True
        form, door = self._doors[zlib.crc32(data) & 1]
        answer = door.ask(Request("POST", "/", [], data))
        hold(answer.status == (200 if known else 400), f"answered {answer.status}")
        return _checked(data, json.loads(answer.body), form) if known else _REFUSED


def _door(form: str, alarm: Alarm) -> Door:
    snapshot = Snapshot(reviews.HISTORY)
    own = metrics()
    placement = settings_from({"HOOKRUNNER_TERM": form}).placement
    return Door(Mutate(placement, lambda: snapshot, own, clock=lambda: reviews.NOW), own, alarm)


def _checked(data: bytes, answer: reviews.Json, form: str) -> int:
    response = answer["response"]
    hold(response["allowed"] is True, "a pod that was not let through")
    reason = response["auditAnnotations"]["reason"]
    hold(reason != Reason.INTERNAL_ERROR, "an internal error")
    if "patch" not in response:
        return _SKIPPED if reason in _SHALLOW else _KNOWN
    before, after = _pod(data), _pod(data)
    if before is not None and after is not None:
        _check_patch(before, after, answer, form)
    return _PATCHED


def _pod(data: bytes) -> reviews.Json | None:
    """The pod of a review; None where the standard library finds none, so that no API server would either."""
    try:
        request = json.loads(data)["request"]
    except (ValueError, RecursionError):
        return None
    pod: reviews.Json = request["object"]
    return pod


def _check_patch(before: reviews.Json, after: reviews.Json, answer: reviews.Json, form: str) -> None:
    """Nothing but preferred terms that Kubernetes takes were added, at the end."""
    wishes = [wish.rpartition("=") for wish in answer["response"]["auditAnnotations"]["nodes"].split(",")]
    hold(all(1 <= int(weight) <= 100 for _, _, weight in wishes), "a weight that the API server refuses")
    terms = [_FORMS[form](node, int(weight)) for node, _, weight in wishes]
    jsonpatch.apply_patch(after, reviews.patch_of(answer) or [], in_place=True)
    wanted = reviews.with_terms({"spec": _affinity_only(before)}, terms)
    hold(after["spec"].pop("affinity") == wanted["spec"]["affinity"], "affinity that is not what was there and ours")
    before["spec"].pop("affinity", None)
    hold(before == after, "a patch that changes more than spec.affinity")


def _affinity_only(pod: reviews.Json) -> dict[str, Any]:
    spec: dict[str, Any] = pod["spec"]
    return {name: value for name, value in spec.items() if name == "affinity"}
