"""Ranked nodes, and what a pod has, to JSON Patch operations: preferred node affinity, appended, never replaced.

Each patch is tried on the pod's own affinity before anybody gets it: a patch that does not apply, or that makes the
pod invalid, fails the job even under `failurePolicy: Ignore`. On any doubt: UnsafePatch, and the pod stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonpatch

from function.errors import UnsafePatch
from function.keys import is_node_name

PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
HOSTNAME_LABEL = "kubernetes.io/hostname"
WEIGHTS = range(1, 101)
"""What the API server takes for a preferred term's weight."""

Json = Any
Operation = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Preference:
    """One warm node and the weight of its term."""

    node: str
    weight: int

    def term(self, form: str) -> dict[str, Json]:
        """The preferred term, in the form `field` or `hostname`.

        The hostname label may differ from the node's name, but some autoscalers overlook pods with matchFields.
        """
        if form == "hostname":
            match = {"matchExpressions": [{"key": HOSTNAME_LABEL, "operator": "In", "values": [self.node]}]}
        else:
            match = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [self.node]}]}
        return {"weight": self.weight, "preference": match}


def has_ours(affinity: Json, weights: Sequence[int], form: str) -> bool:
    """Whether a term of our own form and one of our weights is there already: a reinvocation changes nothing."""
    return any(_is_ours(term, weights, form) for term in _preferred(affinity) or ())


def operations(affinity: Json, preferences: Sequence[Preference], form: str) -> list[Operation]:
    """The JSON Patch that adds a term for each preference to a pod whose `spec.affinity` is this.

    `affinity` is the decoded value, or None where the pod has none (GitLab Runner sends `{}`). At most one parent is
    made, and what is there stays where it is.

    Raises:
        UnsafePatch: the patch did not do on this affinity what it is meant to do, or is not one for a valid pod.
    """
    terms = [preference.term(form) for preference in preferences]
    patch = _build(affinity, terms)
    _check(preferences)
    _try(affinity, patch, terms)
    return patch


def _build(affinity: Json, terms: list[Json]) -> list[Operation]:
    if affinity is None:
        return [_add("/spec/affinity", {"nodeAffinity": {PREFERRED: terms}})]
    node_affinity = _member(affinity, "nodeAffinity")
    if node_affinity is None:
        return [_add("/spec/affinity/nodeAffinity", {PREFERRED: terms})]
    path = f"/spec/affinity/nodeAffinity/{PREFERRED}"
    if _member(node_affinity, PREFERRED) is None:
        return [_add(path, terms)]
    return [_add(f"{path}/-", term) for term in terms]


def _add(path: str, value: Json) -> Operation:
    return {"op": "add", "path": path, "value": value}


def _member(parent: Json, name: str) -> Json:
    if not isinstance(parent, dict):
        raise UnsafePatch(f"the pod's affinity is not what it should be: an object was expected above {name}")
    return parent.get(name)


def _check(preferences: Sequence[Preference]) -> None:
    for preference in preferences:
        if preference.weight not in WEIGHTS:
            raise UnsafePatch(f"weight {preference.weight} is not between 1 and 100")
        if not is_node_name(preference.node):
            raise UnsafePatch("a node's name in the history is no DNS-1123 subdomain")


def _try(affinity: Json, patch: list[Operation], terms: list[Json]) -> None:
    pod = {"spec": {} if affinity is None else {"affinity": affinity}}
    try:
        patched = jsonpatch.apply_patch(pod, patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError) as error:
        raise UnsafePatch(f"the patch does not apply: {type(error).__name__}") from error
    if patched != {"spec": {"affinity": _expected(affinity, terms)}}:
        raise UnsafePatch("the patch changes more than the preferred terms")


def _expected(affinity: Json, terms: list[Json]) -> Json:
    whole: dict[str, Json] = affinity or {}
    node_affinity = whole.get("nodeAffinity") or {}
    before = _preferred(affinity) or []
    return {**whole, "nodeAffinity": {**node_affinity, PREFERRED: [*before, *terms]}}


def _preferred(affinity: Json) -> list[Json] | None:
    node_affinity = affinity.get("nodeAffinity") if isinstance(affinity, Mapping) else None
    terms = node_affinity.get(PREFERRED) if isinstance(node_affinity, Mapping) else None
    return terms if isinstance(terms, list) else None


def _is_ours(term: Json, weights: Sequence[int], form: str) -> bool:
    try:
        requirement = (term["preference"].get("matchFields") or term["preference"]["matchExpressions"])[0]
        same = Preference(requirement["values"][0], term["weight"]).term(form)
    except (LookupError, TypeError, AttributeError):
        return False
    return term["weight"] in weights and bool(term == same)
