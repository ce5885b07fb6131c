"""Pods and reviews of a wanted size, derived from a real runner pod and its real review (tests/data).

A job with more variables is how they grow in real life: GitLab Runner writes each variable of a job into every
container, and the API server notes each in `managedFields`. So variables are added until the size is reached. A review
that is to be smaller than the real one loses its `managedFields`.
"""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[2] / "tests" / "data"
_NAME = "runner-cache-hostpath.json"
_VALUE = "registry.example.com/group/project/cache-image:2026-11-24"

RUNNER = "41"
"""The value of the runner label, which is the key, in all of them."""
SIZES = (11_000, 24_000, 120_000)
"""Bytes of a small, a usual and a big job's pod, as JSON on the wire."""

Json = dict[str, Any]


def pod(size: int) -> Json:
    """A runner pod of about `size` bytes, to be created: `generateName` in the place of a name."""
    whole = _read("pods")
    meta = whole["metadata"]
    meta["generateName"] = f"{meta.pop('name')[:40]}-"
    del meta["namespace"]
    meta["labels"]["gitlab.com/runner-id"] = RUNNER
    return _grown(whole, whole, size)


def review(size: int) -> bytes:
    """An AdmissionReview of about `size` bytes for the CREATE of a runner pod."""
    whole = _read("reviews")
    asked = whole["request"]["object"]
    if size < length(whole):
        del asked["metadata"]["managedFields"]
    return encoded(_grown(whole, asked, size))


def bare_review() -> bytes:
    """A review of some 2.7 KB: a real one of a pod with next to nothing in it, with a runner's label and volume."""
    whole: Json = json.loads((_DATA / "reviews" / "create-no-labels-no-volumes.json").read_text())
    asked = whole["request"]["object"]
    asked["metadata"].setdefault("labels", {})["gitlab.com/runner-id"] = RUNNER
    asked["spec"].setdefault("volumes", []).append({"name": "runner-cache", "hostPath": {"path": "/cache"}})
    return encoded(whole)


def encoded(value: Json) -> bytes:
    """As the API server writes JSON: no blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def length(value: Json) -> int:
    """Bytes of `value` as JSON."""
    return len(encoded(value))


@cache
def _text(kind: str) -> str:
    return (_DATA / kind / _NAME).read_text()


def _read(kind: str) -> Json:
    whole: Json = json.loads(_text(kind))
    return whole


def _grown(whole: Json, asked: Json, size: int) -> Json:
    """`whole`, with as many variables added to the pod `asked` in it as `size` takes."""
    empty = length(whole)
    trial = copy.deepcopy(asked)
    _add_variables(trial, 100)
    bytes_of_one = (length(trial) - length(asked)) / 100
    _add_variables(asked, max(0, round((size - empty) / bytes_of_one)))
    return whole


def _add_variables(asked: Json, count: int) -> None:
    names = [f"CI_CACHE_IMAGE_{number:05d}" for number in range(count)]
    for container in asked["spec"]["containers"]:
        container.setdefault("env", []).extend({"name": name, "value": _VALUE} for name in names)
        for fields in _fields_of(asked, container["name"]):
            noted: Json = {f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in names}
            fields.setdefault("f:env", {".": {}}).update(noted)


def _fields_of(asked: Json, container: str) -> list[Json]:
    managed = asked["metadata"].get("managedFields", [])
    specs = (entry["fieldsV1"].get("f:spec", {}) for entry in managed)
    found = (spec.get("f:containers", {}).get(f'k:{{"name":"{container}"}}') for spec in specs)
    return [fields for fields in found if fields is not None]
