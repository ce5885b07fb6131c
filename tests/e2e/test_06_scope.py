"""Row 6: what the webhook must never see, it never sees; without mutate, CI pods start as before."""

import time

import pytest

from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.counts import reviews
from tests.e2e.pods import CI, RUNNER, remember, runner_pod, terms
from tests.e2e.steps import say, wait_for

pytestmark = pytest.mark.e2e

_LABEL = "hookrunner.dev/placement"


@pytest.fixture
def everywhere(installed: Cluster) -> Cluster:
    """A cluster in which somebody has opted in even kube-system and our own namespace."""
    for namespace in ("kube-system", NAMESPACE):
        installed.kubectl("label", "namespace", namespace, f"{_LABEL}=enabled", "--overwrite")
    return installed


def test_what_never_reaches_the_webhook(everywhere: Cluster, runner: str) -> None:
    """Pods of kube-system, of our namespace and without the label are not asked about; one of CI is, and once."""
    try:
        before = reviews(everywhere)
        for pod in (
            runner_pod(runner, namespace="kube-system", bound=False),
            _confined(runner_pod(runner, bound=False)),
            _without_label(runner_pod(runner, bound=False)),
            runner_pod(runner, namespace="default", bound=False),
            runner_pod(runner, "volume-none", bound=False),
        ):
            everywhere.dry_run(pod)
        assert reviews(everywhere) == before
        everywhere.dry_run(runner_pod(runner, bound=False))
        assert _more(before, reviews(everywhere)) == {"no-warm-node": 1}
    finally:
        for namespace in ("kube-system", NAMESPACE):
            everywhere.kubectl("label", "namespace", namespace, f"{_LABEL}-")


def test_without_mutate(installed: Cluster, runner: str) -> None:
    """With mutate deleted altogether, CI pods are created as before, without a hint and without a wait."""
    remember(installed, runner, "node-a")
    try:
        installed.kubectl("delete", "ksvc", "mutate", "--namespace", NAMESPACE)
        wait_for("the end of mutate's pods", lambda: not installed.ready_pods("mutate"))
        seconds = []
        for _ in range(10):
            started = time.monotonic()
            created = installed.create(runner_pod(runner, bound=False))
            seconds.append(time.monotonic() - started)
            assert terms(created) == []
        say(f"  created without mutate in {max(seconds):.2f} s at most, kubectl and all")
    finally:
        installed.make("deploy")
    wait_for("a hint again", lambda: terms(installed.dry_run(runner_pod(runner, bound=False))))


def _confined(pod: Json) -> Json:
    """A pod that our own namespace, which is restricted, takes."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    volumes = [{"name": "runner-cache", "emptyDir": {}}]
    container = {"name": "build", "image": "none", "securityContext": security}
    spec = {"schedulerName": "nobody", "containers": [container], "volumes": volumes}
    return {**pod, "metadata": {**pod["metadata"], "namespace": NAMESPACE}, "spec": spec}


def _without_label(pod: Json) -> Json:
    labels = {key: value for key, value in pod["metadata"]["labels"].items() if key != RUNNER}
    return {**pod, "metadata": {**pod["metadata"], "labels": labels, "namespace": CI}}


def _more(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {reason: count - before.get(reason, 0) for reason, count in after.items() if count != before.get(reason, 0)}
