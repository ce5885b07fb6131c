"""Who may speak to whom: every policy, whole."""

import pytest

from tests.config.rendering import Json, of_kind

pytestmark = pytest.mark.controlplane

DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}
API_SERVER = {"ports": [{"port": 443}, {"port": 6443}]}
METRICS = [{"namespaceSelector": {"matchLabels": {"hookrunner.dev/metrics": "enabled"}}}]
SCALER = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "scaler"}}}]


def _functions(*names: str) -> Json:
    return {"matchExpressions": [{"key": "serving.knative.dev/service", "operator": "In", "values": list(names)}]}


POLICIES = {
    "deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    "functions": {
        "podSelector": _functions("mutate", "record", "hook"),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"ports": [{"port": 8012}, {"port": 8013}, {"port": 8112}, {"port": 9090}]},
            {"ports": [{"port": 8080}, {"port": 9091}], "from": METRICS},
        ],
        "egress": [DNS],
    },
    "api-server": {
        "podSelector": _functions("mutate", "record"),
        "policyTypes": ["Egress"],
        "egress": [API_SERVER],
    },
    "hook": {
        "podSelector": {"matchLabels": {"serving.knative.dev/service": "hook"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": SCALER, "ports": [{"port": 8081}]}],
    },
    "informer": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "informer"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": 8081}], "from": METRICS}],
        "egress": [DNS, API_SERVER, {"ports": [{"port": 80}, {"port": 8080}, {"port": 8081}]}],
    },
}


def test_policies(default: list[Json]) -> None:
    """There are these policies, which allow this and no more."""
    found = {it["metadata"]["name"]: it["spec"] for it in of_kind(default, "NetworkPolicy")}
    assert found == POLICIES
