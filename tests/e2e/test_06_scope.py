"""Row 6: what the webhook must never see, it never sees; without mutate, CI pods start as before."""

from collections.abc import Iterator

import pytest

from tests.e2e import disruption, inside, load
from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.counts import reviews
from tests.e2e.pods import CI, RUNNER, remember, runner_pod, terms
from tests.e2e.steps import wait_for

pytestmark = pytest.mark.e2e

_LABEL = "hookrunner.dev/placement"


@pytest.fixture
def everywhere(installed: Cluster, runner: str) -> Iterator[Cluster]:
    """A cluster in which somebody has opted in even kube-system and our own namespace, and whose API server knows."""
    # The last is no exception of the webhook's: once its pods are asked about, the labels before it are known too.
    spaces = ("kube-system", NAMESPACE, inside.NAMESPACE)
    try:
        for namespace in spaces:
            installed.kubectl("label", "namespace", namespace, f"{_LABEL}=enabled", "--overwrite")
        wait_for("the labels have reached the API server", lambda: _is_asked(installed, runner, inside.NAMESPACE))
        yield installed
    finally:
        for namespace in spaces:
            installed.kubectl("label", "namespace", namespace, f"{_LABEL}-")


def test_what_never_reaches_the_webhook(everywhere: Cluster, runner: str) -> None:
    """Pods of kube-system, of our namespace and without the label are not asked about; one of CI is, and once."""
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


def test_without_mutate(installed: Cluster, runner: str) -> None:
    """With mutate deleted altogether, CI pods are created as before, without a hint and without a wait."""
    remember(installed, runner, "node-a")
    try:
        installed.kubectl("delete", "ksvc", "mutate", "--namespace", NAMESPACE)
        wait_for("the end of mutate's pods", lambda: not installed.ready_pods("mutate"))
        outcome = load.during(installed, runner, 60, 5.0, lambda: None)
        outcome.tell()
        assert (outcome.statuses, outcome.unhinted) == ({201: 60}, 60)
        assert outcome.slower_than(disruption.webhook(installed)["timeoutSeconds"]) == []
    finally:
        installed.make("deploy")
    wait_for("a hint again", lambda: terms(installed.dry_run(runner_pod(runner, bound=False))))


def _is_asked(cluster: Cluster, runner: str, namespace: str) -> bool:
    """Whether the webhook is asked about a pod of `namespace`, by mutate's own count."""
    before = reviews(cluster)
    cluster.dry_run(runner_pod(runner, namespace=namespace, bound=False))
    return reviews(cluster) != before


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
