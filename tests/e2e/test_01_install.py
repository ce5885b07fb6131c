"""Row 1: from an empty cluster to the first hinted pod by the README's commands alone; again changes nothing."""

import pytest

from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.leftovers import left
from tests.e2e.pods import CI, our_terms, run_once, runner_pod, terms
from tests.e2e.steps import say

pytestmark = pytest.mark.e2e

_KINDS = (
    "ksvc,configurations,domainmappings,roles,rolebindings,networkpolicies,serviceaccounts,secrets,"
    "configmaps,poddisruptionbudgets"
)
_OURS = ("-l", "app.kubernetes.io/part-of=hookrunner")


def test_the_second_pod_is_hinted(cluster: Cluster, runner: str, request: pytest.FixtureRequest) -> None:
    """From nothing, by make deploy and one label: a runner's second pod prefers the node that the first one ran on."""
    assert left(cluster) == [], "make undeploy first: this shows an install into a cluster that has nothing of ours"
    installed: Cluster = request.getfixturevalue("installed")
    node = run_once(installed, runner)
    second = installed.create(runner_pod(runner))
    assert terms(second) == our_terms(node)


def test_again_changes_nothing(installed: Cluster) -> None:
    """A second make deploy leaves every object at its generation, every Secret as it was, every pod running."""
    before = _what_is_there(installed)
    say("make deploy, again")
    installed.make("deploy")
    assert _what_is_there(installed) == before


def _what_is_there(cluster: Cluster) -> dict[str, object]:
    objects = cluster.items(_KINDS) + cluster.items("mutatingwebhookconfigurations,clusterdomainclaims")
    objects += cluster.items("deployments", *_OURS)  # Serving scales its own
    objects += cluster.items("clusterroles,clusterrolebindings", *_OURS)
    if cluster.kubectl("api-resources", "--api-group", "cert-manager.io", "--output", "name"):
        objects += cluster.items("certificates.cert-manager.io,issuers.cert-manager.io")
    found: dict[str, object] = {f"{it['kind']}/{it['metadata']['name']}": _version(it) for it in objects}
    assert {"ClusterRole/hookrunner-record", "ClusterRoleBinding/hookrunner-record"} <= found.keys()
    latest = cluster.get("ksvc", "mutate")["status"]["latestReadyRevisionName"]
    for selector in ("app.kubernetes.io/name=informer", f"serving.knative.dev/revision={latest}"):
        pods = cluster.items("pods", "-l", selector)
        assert pods, selector
        found |= {f"Pod/{pod['metadata']['name']}": pod["metadata"]["uid"] for pod in pods}
    found["labels"] = cluster.get("namespace", NAMESPACE)["metadata"]["labels"]
    found[CI] = cluster.get("namespace", CI)["metadata"]["labels"]
    return found


def _version(found: Json) -> object:
    """The generation, which counts changes of what is wanted; where there is none, what it holds.

    Of a ConfigMap the names: record may write the history meanwhile.
    """
    metadata = found["metadata"]
    if found["kind"] == "ConfigMap":
        return sorted(found.get("data") or {})
    return metadata.get("generation") or found.get("data") or found.get("rules") or found.get("subjects")
