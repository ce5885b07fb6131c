"""Row 10: make undeploy leaves nothing, and may be run again."""

import pytest

from tests.e2e.cluster import NAMESPACE, Cluster
from tests.e2e.pods import runner_pod, terms
from tests.e2e.steps import say

pytestmark = pytest.mark.e2e

_CLUSTER_SCOPED = "mutatingwebhookconfigurations,clusterroles,clusterrolebindings,clusterdomainclaims,namespaces"
_EVERYWHERE = "ksvc,domainmappings,configmaps,secrets,leases,poddisruptionbudgets,networkpolicies"


def test_nothing_is_left(installed: Cluster, runner: str) -> None:
    """No webhook, no cluster role, no DomainMapping, no claim, no namespace; pods are created as if it never was."""
    for again in ("", ", again"):
        say(f"make undeploy{again}")
        installed.make("undeploy")
        assert _left(installed) == []
    assert terms(installed.create(runner_pod(runner, bound=False))) == []


def _left(cluster: Cluster) -> list[str]:
    labelled = cluster.kubectl("get", _CLUSTER_SCOPED, "-l", "app.kubernetes.io/part-of=hookrunner", "-o", "name")
    named = cluster.kubectl("get", _CLUSTER_SCOPED, "-o", "name")
    ours = [name for name in named.split() if "hookrunner" in name and "e2e" not in name]
    inside = cluster.kubectl("get", _EVERYWHERE, "--namespace", NAMESPACE, "-o", "name", "--ignore-not-found")
    return [*labelled.split(), *ours, *inside.split(), *_claims(cluster)]


def _claims(cluster: Cluster) -> list[str]:
    claims = cluster.items("clusterdomainclaims")
    return [claim["metadata"]["name"] for claim in claims if claim["spec"]["namespace"] == NAMESPACE]
