"""What of ours is in a cluster: nothing before the first install, nothing after the uninstall."""

from tests.e2e.cluster import NAMESPACE, Cluster

_CLUSTER_SCOPED = "mutatingwebhookconfigurations,clusterroles,clusterrolebindings,clusterdomainclaims,namespaces"
_EVERYWHERE = "ksvc,domainmappings,configmaps,secrets,leases,poddisruptionbudgets,networkpolicies"


def left(cluster: Cluster) -> list[str]:
    """The names of all that is ours, but for the tests' own namespaces."""
    labelled = cluster.kubectl("get", _CLUSTER_SCOPED, "-l", "app.kubernetes.io/part-of=hookrunner", "-o", "name")
    named = cluster.kubectl("get", _CLUSTER_SCOPED, "-o", "name")
    ours = [name for name in named.split() if "hookrunner" in name and "e2e" not in name]
    inside = cluster.kubectl("get", _EVERYWHERE, "--namespace", NAMESPACE, "-o", "name", "--ignore-not-found")
    return [*labelled.split(), *ours, *inside.split(), *_claims(cluster)]


def _claims(cluster: Cluster) -> list[str]:
    claims = cluster.items("clusterdomainclaims")
    return [claim["metadata"]["name"] for claim in claims if claim["spec"]["namespace"] == NAMESPACE]
