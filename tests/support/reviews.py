"""The real reviews of tests/data, what each must be answered, and the rule for the pod that must come of it."""

import base64
import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpatch

Json = dict[str, Any]

DATA = Path(__file__).parents[1] / "data"
WARM = {"node-7": 100, "node-3": 95, "node-5": 90}
"""The nodes that `HISTORY` knows for each key, newest first, and the weights that they must get."""

_KEYS = ("41", "42", "46", "65", "67", "69", "73", "80", "82", "88", "89", "93", "94")
_FREE_TEXT = "Gr__e__build__1__EU____blue_green"
_TIMES = '{"node-7":"2026-11-24T09:00:00Z","node-3":"2026-11-24T08:00:00Z","node-5":null}'
HISTORY = {name: text for key in (*_KEYS, _FREE_TEXT) for name, text in ((key, "node-7"), (f"_warm.{key}", _TIMES))}
"""A ConfigMap's data that knows every key of the reviews. 2026-11-24T10:00:00Z is a good time to read it at."""

NOW = 1_795_514_400.0
"""2026-11-24T10:00:00Z."""


@dataclass(frozen=True)
class Case:
    """A file of tests/data/reviews, why it is answered as it is, and the key that its pod has."""

    name: str
    reason: str
    key: str | None = None

    def body(self) -> bytes:
        """The request's body, as the API server posted it."""
        return (DATA / "reviews" / f"{self.name}.json").read_bytes()


CASES = (
    Case("binding-by-scheduler", "subresource"),
    Case("configmap-create", "not-a-pod"),
    Case("connect-exec", "subresource"),
    Case("create-dry-run", "patched", "41"),
    Case("create-generate-name", "patched", "41"),
    Case("create-kubectl-admin", "patched", "41"),
    Case("create-no-labels-no-volumes", "no-runner-label"),
    Case("create-server-side-apply", "patched", "41"),
    Case("delete", "not-a-create"),
    Case("delete-by-runner", "not-a-create"),
    Case("deployment-create", "not-a-pod"),
    Case("deployment-pod", "patched", "41"),
    Case("deployment-scale", "subresource"),
    Case("evict", "subresource"),
    Case("job-pod", "patched", "41"),
    Case("pause-pod", "pause-pod"),
    Case("reinvocation-first-call", "patched", "41"),
    Case("reinvocation-second-call", "already-preferred", "41"),
    Case("runner-affinity-pod-anti-only", "patched", "69"),
    Case("runner-affinity-preferred", "patched", "65"),
    Case("runner-affinity-preferred-and-required", "patched", "67"),
    Case("runner-cache-hostpath", "patched", "41"),
    Case("runner-cache-pvc", "patched", "42"),
    Case("runner-cache-two-suffixes", "patched", "46"),
    Case("runner-kitchen-sink", "patched", "94"),
    Case("runner-label-from-description", "patched", _FREE_TEXT),
    Case("runner-label-none", "no-runner-label"),
    Case("runner-legacy-exec-strategy", "patched", "82"),
    Case("runner-namespace-per-job", "patched", "93"),
    Case("runner-node-selector-tolerations", "patched", "80"),
    Case("runner-podspec-strategic-affinity", "patched", "73"),
    Case("runner-unicode-project", "patched", "89"),
    Case("runner-volume-none", "no-cache-volume"),
    Case("runner-windows", "patched", "88"),
    Case("update-labels", "not-a-create"),
    Case("update-status", "subresource"),
)


def field_term(node: str, weight: int) -> Json:
    """The preferred term for a node, by its name, as Kubernetes' API has it."""
    match = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"weight": weight, "preference": {"matchFields": [match]}}


def hostname_term(node: str, weight: int) -> Json:
    """The preferred term for a node, by its hostname label, as Kubernetes' API has it."""
    match = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {"weight": weight, "preference": {"matchExpressions": [match]}}


def with_terms(pod: Json, terms: list[Json]) -> Json:
    """The rule: the pod as it is, and the terms after those preferred node affinity terms that it has."""
    wanted = copy.deepcopy(pod)
    spec = wanted["spec"]
    spec["affinity"] = spec.get("affinity") or {}
    spec["affinity"]["nodeAffinity"] = spec["affinity"].get("nodeAffinity") or {}
    node_affinity = spec["affinity"]["nodeAffinity"]
    before = node_affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
    node_affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [*before, *terms]
    return wanted


def expected_answer(case: Case) -> Json:
    """The whole answer to a case, with `HISTORY` and the settings' defaults; without its patch, see `patched_pod`."""
    annotations = {"reason": case.reason}
    if case.key is not None:
        annotations["key"] = case.key
    if case.reason == "patched":
        annotations["nodes"] = ",".join(f"{node}={weight}" for node, weight in WARM.items())
    response: Json = {"uid": request_of(case)["uid"], "allowed": True, "auditAnnotations": annotations}
    if case.reason == "patched":
        response["patchType"] = "JSONPatch"
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def expected_pod(case: Case) -> Json:
    """The whole pod that a patched case must become."""
    return with_terms(request_of(case)["object"], [field_term(node, weight) for node, weight in WARM.items()])


def request_of(case: Case) -> Json:
    """The review's `request`."""
    request: Json = json.loads(case.body())["request"]
    return request


def without_patch(answer: Json) -> Json:
    """An answer, without its patch."""
    return {**answer, "response": {name: value for name, value in answer["response"].items() if name != "patch"}}


def patch_of(answer: Json) -> list[Json] | None:
    """The JSON Patch of an answer; None if it has none."""
    encoded = answer["response"].get("patch")
    return None if encoded is None else json.loads(base64.b64decode(encoded, validate=True))


def patched_pod(answer: Json, pod: Json) -> Json:
    """The pod that comes of the answer's patch, as the API server would apply it."""
    changed: Json = jsonpatch.apply_patch(pod, patch_of(answer) or [])
    return changed
