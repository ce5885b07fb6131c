"""What every pod of ours may do on its node: what `restricted` asks, and a little less."""

import pytest

from tests.config.rendering import Json, of_kind, pod_spec

pytestmark = pytest.mark.controlplane

SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}


def test_every_container(default: list[Json]) -> None:
    """Each workload has one container, which is confined, bounded and probed."""
    workloads = of_kind(default, "Service", "serving.knative.dev") + of_kind(default, "Deployment")
    confined = {}
    for workload in workloads:
        (container,) = pod_spec(workload)["containers"]
        assert {"readinessProbe", "livenessProbe"} <= container.keys()
        confined[workload["metadata"]["name"]] = (container["securityContext"], container["resources"])
    assert confined == dict.fromkeys(("mutate", "record", "hook", "informer"), (SECURITY, RESOURCES))


def test_the_namespace_holds_them_to_it(default: list[Json]) -> None:
    """The namespace enforces the pod security standard `restricted`."""
    (namespace,) = of_kind(default, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_informers_token_is_for_record_alone(default: list[Json]) -> None:
    """The token that goes to record has an audience of its own, so record cannot use it at the API server."""
    (informer,) = of_kind(default, "Deployment")
    assert pod_spec(informer)["volumes"] == [
        {
            "name": "token",
            "projected": {
                "sources": [
                    {
                        "serviceAccountToken": {
                            "path": "token",
                            "audience": "hookrunner-record",
                            "expirationSeconds": 3600,
                        }
                    }
                ]
            },
        }
    ]
