"""Row 5: record scales to zero and back on the next event; nothing is lost."""

import time
import uuid

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.pods import history, runner_pod
from tests.e2e.steps import say, wait_for

pytestmark = pytest.mark.e2e


def test_the_first_events_after_idle_arrive(installed: Cluster) -> None:
    """With no replica of record there, twenty bindings at once are all in the history, and at their right nodes."""
    wait_for("record at zero", lambda: not installed.items("pods", "-l", "serving.knative.dev/service=record"), 400)
    runners = [f"e2e-{uuid.uuid4().hex[:8]}" for _ in range(20)]
    started = time.monotonic()
    names = {runner: installed.create(runner_pod(runner))["metadata"]["name"] for runner in runners}
    wait_for("the first binding in the history", lambda: runners[0] in history(installed))
    say(f"  the first binding was in the history {time.monotonic() - started:.1f} s after the first create")
    wait_for("all bindings in the history", lambda: set(runners) <= history(installed).keys())
    pods = {
        it["metadata"]["name"]: it["spec"]["nodeName"] for it in installed.items("pods", namespace="hookrunner-e2e-ci")
    }
    known = history(installed)
    assert {runner: known[runner] for runner in runners} == {runner: pods[names[runner]] for runner in runners}
