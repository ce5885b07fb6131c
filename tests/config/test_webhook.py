"""The webhook: every good-practice rule of the Kubernetes documentation, and a real API server's word."""

import pytest

from tests.config.rendering import Json, of_kind
from tests.controlplane.client import Kube

pytestmark = pytest.mark.controlplane

WEBHOOK = {
    "name": "mutate.hookrunner.dev",
    "admissionReviewVersions": ["v1"],
    "failurePolicy": "Ignore",
    "timeoutSeconds": 1,
    "sideEffects": "None",
    "matchPolicy": "Equivalent",
    "reinvocationPolicy": "IfNeeded",
    "clientConfig": {"service": {"namespace": "kourier-system", "name": "kourier", "port": 443, "path": "/"}},
    "rules": [
        {
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "resources": ["pods"],
            "operations": ["CREATE"],
            "scope": "Namespaced",
        }
    ],
    "namespaceSelector": {
        "matchLabels": {"hookrunner.dev/placement": "enabled"},
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "hookrunner"]}
        ],
    },
    "objectSelector": {
        "matchExpressions": [
            {"key": "gitlab.com/runner-id", "operator": "Exists"},
            {"key": "runner.gitlab.com/pause-pod", "operator": "DoesNotExist"},
        ]
    },
    "matchConditions": [
        {"name": "node-not-chosen", "expression": "!has(object.spec.nodeName) || object.spec.nodeName == ''"},
        {
            "name": "has-a-cache-volume",
            "expression": "has(object.spec.volumes) && "
            "object.spec.volumes.exists(v, v.name.startsWith('runner-cache'))",
        },
    ],
}


def test_the_webhook(default: list[Json]) -> None:
    """There is one webhook, with these rules and no other."""
    (configuration,) = of_kind(default, "MutatingWebhookConfiguration")
    assert configuration["webhooks"] == [WEBHOOK]


def test_the_api_server_takes_it(default: list[Json], kube: Kube) -> None:
    """A real API server compiles its conditions, and finds nothing to say against it."""
    (configuration,) = of_kind(default, "MutatingWebhookConfiguration")
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    taken = kube.create(path, configuration, dryRun="All", fieldValidation="Strict")
    assert taken["webhooks"] == [WEBHOOK]
