"""HOOKRUNNER_MODE=audit: mutate decides, counts and tells, and patches nothing."""

import json
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from function.errors import SettingError
from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot

REVIEWS = Path(__file__).parents[1] / "data" / "reviews"
HISTORY = {"_warm.41": '{"node-3":"2026-11-24T08:00:00Z"}', "41": "node-3"}
NOW = 1795507200.0  # 2026-11-24T08:00:00Z


@pytest.mark.parametrize(
    ("mode", "annotations", "has_patch"),
    [
        ("patch", {"reason": "patched", "key": "41", "nodes": "node-3=100"}, True),
        ("audit", {"reason": "audited", "key": "41", "nodes": "node-3=100"}, False),
    ],
)
async def test_mode(mode: str, annotations: dict[str, str], has_patch: bool) -> None:
    """The same decision is told in both modes; only `patch` answers with it, and the metric says which it was."""
    registry = CollectorRegistry()
    snapshot = Snapshot(HISTORY)
    settings = settings_from({"HOOKRUNNER_MODE": mode}).placement
    mutate = Mutate(settings, lambda: snapshot, Metrics(registry), clock=lambda: NOW)

    answer = await mutate(Request("POST", "/", [], (REVIEWS / "runner-cache-hostpath.json").read_bytes()))

    response = json.loads(answer.body)["response"]
    assert (response["allowed"], response["auditAnnotations"], "patch" in response) == (True, annotations, has_patch)
    assert registry.get_sample_value("hookrunner_reviews_total", {"reason": annotations["reason"]}) == 1


async def test_a_pod_without_history_is_told_as_always() -> None:
    """Audit mode changes only what would have been patched."""
    snapshot = Snapshot({})
    settings = settings_from({"HOOKRUNNER_MODE": "audit"}).placement
    mutate = Mutate(settings, lambda: snapshot, Metrics(CollectorRegistry()), clock=lambda: NOW)

    answer = await mutate(Request("POST", "/", [], (REVIEWS / "runner-cache-hostpath.json").read_bytes()))

    assert json.loads(answer.body)["response"]["auditAnnotations"] == {"reason": "no-warm-node", "key": "41"}


def test_an_unknown_mode_is_refused() -> None:
    """The error names the variable, the value and what is allowed."""
    with pytest.raises(SettingError) as refused:
        settings_from({"HOOKRUNNER_MODE": "dry"})
    assert str(refused.value) == "HOOKRUNNER_MODE='dry' is not valid: it must be patch or audit"
