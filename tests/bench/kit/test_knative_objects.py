"""The Go webhook on Knative is served as mutate is."""

from bench.kit.knative_objects import peer

MUTATE = {
    "spec": {
        "template": {
            "metadata": {
                "name": "mutate-00001",
                "annotations": {
                    "autoscaling.knative.dev/min-scale": "2",
                    "queue.sidecar.serving.knative.dev/cpu-resource-limit": "1",
                    "client.knative.dev/updateTimestamp": "now",
                },
            },
            "spec": {
                "serviceAccountName": "mutate",
                "containerConcurrency": 0,
                "containers": [
                    {
                        "image": "ours",
                        "env": [{"name": "A"}],
                        "resources": {"limits": {"cpu": "1"}},
                        "securityContext": {},
                    }
                ],
            },
        }
    }
}


def test_peer_has_all_of_mutate_but_its_program() -> None:
    """Replicas, the resources of both containers, security: the same. The identity and the variables are ours alone."""
    template = peer(MUTATE, "book")["spec"]["template"]

    assert template == {
        "metadata": {
            "annotations": {
                "autoscaling.knative.dev/min-scale": "2",
                "queue.sidecar.serving.knative.dev/cpu-resource-limit": "1",
            }
        },
        "spec": {
            "containerConcurrency": 0,
            "containers": [
                {
                    "image": "book",
                    "args": ["-listen", ":8080", "-history", "/history/history.json"],
                    "resources": {"limits": {"cpu": "1"}},
                    "securityContext": {},
                    "volumeMounts": [{"name": "history", "mountPath": "/history", "readOnly": True}],
                }
            ],
            "volumes": [{"name": "history", "configMap": {"name": "bybook"}}],
        },
    }
