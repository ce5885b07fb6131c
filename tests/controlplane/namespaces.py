"""Namespaces by hand: what the controller manager, which does not run here, would do for them."""

from collections.abc import Mapping

from tests.controlplane.client import Json, Kube

_PATH = "/api/v1/namespaces"
# What tests put into a namespace, by the API that serves it.
_CONTENTS = {
    "/api/v1": ("pods", "configmaps", "secrets", "serviceaccounts", "events", "services"),
    "/apis/coordination.k8s.io/v1": ("leases",),
    "/apis/rbac.authorization.k8s.io/v1": ("rolebindings", "roles"),
}


def create_namespace(kube: Kube, name: str, labels: Mapping[str, str] | None = None) -> Json:
    """Make a namespace and its ServiceAccount `default`, without which no pod is admitted."""
    made = kube.create(_PATH, {"metadata": {"name": name, "labels": dict(labels or {})}})
    create_service_account(kube, name, "default")
    return made


def create_service_account(kube: Kube, namespace: str, name: str) -> Json:
    """Make a ServiceAccount."""
    return kube.create(f"{_PATH}/{namespace}/serviceaccounts", {"metadata": {"name": name}})


def delete_namespace(kube: Kube, name: str) -> None:
    """Remove a namespace and what is in it, at once."""
    kube.delete(f"{_PATH}/{name}")
    for api, resources in _CONTENTS.items():
        for resource in resources:
            kube.delete(f"{api}/namespaces/{name}/{resource}", gracePeriodSeconds="0")
    namespace = kube.get(f"{_PATH}/{name}")
    kube.replace(f"{_PATH}/{name}/finalize", {**namespace, "spec": {"finalizers": []}})
