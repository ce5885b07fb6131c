"""What the functions themselves count, and what the API server counts of its calls."""

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.cluster import NAMESPACE, Cluster

_CALLS = "apiserver_admission_webhook_admission_duration_seconds"


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


def calls_longer_than(cluster: Cluster, seconds: float) -> float:
    """How many calls of the webhook took longer, by the API server's own histogram; `seconds` is one of its bounds."""
    counted = {"count": 0.0, "within": 0.0}
    for family in text_string_to_metric_families(cluster.kubectl("get", "--raw", "/metrics")):
        for sample in family.samples:
            if sample.labels.get("name") != "mutate.hookrunner.dev":
                continue
            if sample.name == f"{_CALLS}_count":
                counted["count"] += sample.value
            if sample.name == f"{_CALLS}_bucket" and float(sample.labels["le"]) == seconds:
                counted["within"] += sample.value
    return counted["count"] - counted["within"]
