"""Only what does the same work is compared."""

import base64
import json
from typing import Any

import pytest

from bench.kit import alike
from bench.kit.alike import patch_in, same_affinity
from bench.kit.errors import BenchError

PLACED: dict[str, Any] = {"nodeAffinity": {"preferred": ["node-1"]}}
OPERATIONS = [{"op": "add", "path": "/spec/affinity", "value": {}}]


@pytest.mark.parametrize(
    ("response", "wanted"),
    [
        pytest.param({"patch": base64.b64encode(json.dumps(OPERATIONS).encode()).decode()}, OPERATIONS, id="a patch"),
        pytest.param({"allowed": True}, [], id="none"),
    ],
)
def test_patch_in(response: dict[str, Any], wanted: list[dict[str, Any]]) -> None:
    """Decoded, so that two ways to write the same are the same."""
    assert patch_in(json.dumps({"response": response}).encode()) == wanted


def test_variants_that_place_a_pod_alike_may_be_compared() -> None:
    """Those that come late are waited for."""
    answers = {"mine": iter([{}, {}, PLACED]), "book": iter([PLACED] * 3)}

    same_affinity(answers, lambda name: next(answers[name]))

    assert [list(rest) for rest in answers.values()] == [[], []]


def test_variants_that_differ_end_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message shows what each gave."""
    monkeypatch.setattr(alike, "PATIENCE_SECONDS", 0.0)
    answers = {"mine": PLACED, "book": {"nodeAffinity": {"preferred": ["node-2"]}}}

    with pytest.raises(BenchError, match=r"'mine': .*node-1.*'book': .*node-2"):
        same_affinity(answers, lambda name: answers[name])


def test_variants_that_all_do_nothing_are_not_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing equals nothing, and would be fast."""
    monkeypatch.setattr(alike, "PATIENCE_SECONDS", 0.0)

    with pytest.raises(BenchError, match="are not alike"):
        same_affinity(["mine", "book"], lambda _: {"podAffinity": {}})
