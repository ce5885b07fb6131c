"""What the functions themselves count, read from each replica's metrics."""

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.cluster import NAMESPACE, Cluster


def reviews(cluster: Cluster) -> dict[str, float]:
    """How many reviews the replicas of mutate that run now have answered, by reason; none at zero."""
    found: dict[str, float] = {}
    for pod in cluster.ready_pods("mutate"):
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}:8080/proxy/metrics"
        for family in text_string_to_metric_families(cluster.kubectl("get", "--raw", path)):
            for sample in family.samples:
                if sample.name == "hookrunner_reviews_total" and sample.value:
                    reason = sample.labels["reason"]
                    found[reason] = found.get(reason, 0) + sample.value
    return found
