"""Row 3: the API server's real calls go through gateway, queue-proxy and function, and the loop of bindings closes."""

import uuid

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.pods import history, our_terms, remember, run_once, runner_pod, terms
from tests.e2e.steps import wait_for

pytestmark = pytest.mark.e2e

SHAPES = [
    "runner-cache-hostpath",
    "runner-cache-emptydir",
    "runner-cache-two-suffixes",
    "affinity-preferred",
    "affinity-preferred-and-required",
    "affinity-pod-anti-only",
    "services",
    "big-job-300-variables",
    "unicode-project",
    "legacy-exec-strategy",
]
LEFT_ALONE = ["volume-none", "volume-named-cache", "volume-my-runner-cache"]


RUNNER = f"e2e-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def known(installed: Cluster) -> Cluster:
    """A cluster whose every mutate knows two nodes of RUNNER."""
    remember(installed, RUNNER, "node-a", "node-b")
    probe = runner_pod(RUNNER, bound=False)
    wait_for("ten hints in a row", lambda: all(terms(installed.dry_run(probe)) for _ in range(10)))
    return installed


@pytest.mark.parametrize("shape", SHAPES)
def test_terms(known: Cluster, shape: str) -> None:
    """A pod of the runner's shape keeps its own terms, and gets ours after them."""
    pod = runner_pod(RUNNER, shape, bound=False)
    assert terms(known.create(pod)) == terms(pod) + our_terms("node-a", "node-b")


@pytest.mark.parametrize("shape", LEFT_ALONE)
def test_no_cache_no_terms(known: Cluster, shape: str) -> None:
    """A pod without a cache volume is left as it was."""
    pod = runner_pod(RUNNER, shape, bound=False)
    assert terms(known.create(pod)) == terms(pod)


def test_the_loop_closes(installed: Cluster, runner: str) -> None:
    """A binding travels from the informer by K_SINK through record into the history, and mutate prefers its node."""
    node = run_once(installed, runner)
    assert history(installed)[runner] == node
    wait_for("a hint", lambda: terms(installed.dry_run(runner_pod(runner))) == our_terms(node), 30)
