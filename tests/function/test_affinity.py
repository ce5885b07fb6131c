"""The JSON Patch for each shape of affinity, and what is refused rather than answered."""

import copy
from typing import Any

import jsonpatch
import pytest

from function.affinity import PREFERRED, Preference, has_ours, operations
from function.errors import UnsafePatch
from tests.support.reviews import field_term, hostname_term, with_terms

TWO = (Preference("node-7", 100), Preference("node-3", 95))
TERMS = [field_term("node-7", 100), field_term("node-3", 95)]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
SSD = {"weight": 10, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}
LINUX = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "Exists"}]}]}
PATH = f"/spec/affinity/nodeAffinity/{PREFERRED}"


def add(path: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """One operation."""
    return {"op": "add", "path": path, "value": value}


APPENDED = [add(f"{PATH}/-", term) for term in TERMS]
SHAPES = [
    pytest.param(None, [add("/spec/affinity", {"nodeAffinity": {PREFERRED: TERMS}})], id="missing"),
    pytest.param({}, [add("/spec/affinity/nodeAffinity", {PREFERRED: TERMS})], id="empty, as the runner sends it"),
    pytest.param(
        {"nodeAffinity": None}, [add("/spec/affinity/nodeAffinity", {PREFERRED: TERMS})], id="null node affinity"
    ),
    pytest.param({"nodeAffinity": {}}, [add(PATH, TERMS)], id="empty node affinity"),
    pytest.param({"nodeAffinity": {PREFERRED: None}}, [add(PATH, TERMS)], id="null preferred terms"),
    pytest.param({"nodeAffinity": {PREFERRED: []}}, APPENDED, id="no preferred terms"),
    pytest.param({"nodeAffinity": {PREFERRED: [SSD]}}, APPENDED, id="a preferred term"),
    pytest.param({"nodeAffinity": {PREFERRED: [SSD] * 50}}, APPENDED, id="fifty preferred terms"),
    pytest.param({"nodeAffinity": {REQUIRED: LINUX}}, [add(PATH, TERMS)], id="required terms only"),
    pytest.param({"nodeAffinity": {REQUIRED: LINUX, PREFERRED: [SSD]}}, APPENDED, id="required and preferred"),
    pytest.param(
        {"podAffinity": {}, "podAntiAffinity": {PREFERRED: [{"weight": 1}]}},
        [add("/spec/affinity/nodeAffinity", {PREFERRED: TERMS})],
        id="pod affinity only",
    ),
    pytest.param(
        {"podAffinity": None}, [add("/spec/affinity/nodeAffinity", {PREFERRED: TERMS})], id="null pod affinity"
    ),
]


@pytest.mark.parametrize(("affinity", "patch"), SHAPES)
def test_operations(affinity: Any, patch: list[Any]) -> None:  # noqa: ANN401 - any JSON value
    """The exact operations for each shape."""
    assert operations(affinity, TWO, "field") == patch


@pytest.mark.parametrize(("affinity", "patch"), SHAPES)
def test_patched_pod(affinity: Any, patch: list[Any]) -> None:  # noqa: ANN401 - any JSON value
    """The operations append our terms, keep all else, and leave their input as it was."""
    before = copy.deepcopy(affinity)
    pod = {"spec": {"nodeSelector": {"a": "b"}} | ({} if affinity is None else {"affinity": affinity})}
    operations(affinity, TWO, "field")
    assert jsonpatch.apply_patch(pod, patch) == with_terms(pod, TERMS)
    assert affinity == before


def test_hostname_form() -> None:
    """The other form of a term names the hostname label."""
    expected = [hostname_term("node-7", 100), hostname_term("node-3", 95)]
    assert operations({}, TWO, "hostname") == [add("/spec/affinity/nodeAffinity", {PREFERRED: expected})]


def preferred(*terms: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """An affinity with these preferred terms."""
    return {"nodeAffinity": {PREFERRED: list(terms)}}


@pytest.mark.parametrize(
    ("affinity", "form", "whether"),
    [
        pytest.param(preferred(field_term("node-1", 100)), "field", True, id="ours"),
        pytest.param(preferred(SSD, field_term("other", 65)), "field", True, id="ours, among others"),
        pytest.param(preferred(hostname_term("node-1", 95)), "hostname", True, id="ours, by hostname"),
        pytest.param(preferred(field_term("node-1", 99)), "field", False, id="a weight that is not ours"),
        pytest.param(preferred(hostname_term("node-1", 100)), "field", False, id="the other form"),
        pytest.param(preferred(field_term("node-1", 100)), "hostname", False, id="the other form, the other way"),
        pytest.param(
            preferred({**field_term("node-1", 100), "more": 1}), "field", False, id="a term with something more in it"
        ),
        pytest.param(preferred(SSD), "field", False, id="another term"),
        pytest.param(preferred({"weight": 100, "preference": {}}), "field", False, id="an empty term"),
        pytest.param(preferred({"weight": [], "preference": 3}, None, "x", 1), "field", False, id="no terms at all"),
        pytest.param({"nodeAffinity": {PREFERRED: "x"}}, "field", False, id="text for a list"),
        pytest.param({"nodeAffinity": []}, "field", False, id="a list for an object"),
        pytest.param([], "field", False, id="a list"),
        pytest.param(None, "field", False, id="missing"),
    ],
)
def test_has_ours(affinity: Any, form: str, *, whether: bool) -> None:  # noqa: ANN401 - any JSON value
    """Only a term of exactly our form, with one of our weights, is ours."""
    assert has_ours(affinity, (100, 95, 65), form) is whether


EXPECTED_OBJECT = "the pod's affinity is not what it should be: an object was expected above "


@pytest.mark.parametrize(
    ("affinity", "preferences", "message"),
    [
        pytest.param([], TWO, EXPECTED_OBJECT + "nodeAffinity", id="a list for the affinity"),
        pytest.param("x", TWO, EXPECTED_OBJECT + "nodeAffinity", id="text for the affinity"),
        pytest.param(False, TWO, EXPECTED_OBJECT + "nodeAffinity", id="false for the affinity"),
        pytest.param({"nodeAffinity": 0}, TWO, EXPECTED_OBJECT + PREFERRED, id="a number for the node affinity"),
        pytest.param(
            {"nodeAffinity": {PREFERRED: 7}},
            TWO,
            "the patch does not apply: JsonPointerException",
            id="a number for the terms",
        ),
        pytest.param(
            {"nodeAffinity": {PREFERRED: "x"}},
            TWO,
            "the patch does not apply: JsonPointerException",
            id="text for the terms",
        ),
        pytest.param(
            {"nodeAffinity": {PREFERRED: {}}},
            TWO,
            "the patch changes more than the preferred terms",
            id="an object for the terms",
        ),
        pytest.param({}, [Preference("node-1", 0)], "weight 0 is not between 1 and 100", id="weight 0"),
        pytest.param({}, [Preference("node-1", 101)], "weight 101 is not between 1 and 100", id="weight 101"),
        pytest.param(
            {}, [Preference("NODE", 1)], "a node's name in the history is no DNS-1123 subdomain", id="a hostile name"
        ),
    ],
)
def test_refused(affinity: Any, preferences: list[Preference], message: str) -> None:  # noqa: ANN401 - any JSON value
    """Where a patch would not do what it is meant to do, there is none."""
    with pytest.raises(UnsafePatch) as caught:
        operations(affinity, preferences, "field")
    assert str(caught.value) == message
