"""What `make deploy` makes for `record` and the informer, from its files: their rights, and what they write.

So the bench's processes may do what they may where they are deployed, and no more.
"""

from pathlib import Path

import yaml

from tests.controlplane.client import Json, Kube

_COMPONENTS = Path(__file__).parents[2] / "config/components"
_FILES = ("record.yaml", "record-cluster.yaml", "informer.yaml", "informer-cluster.yaml")
_COLLECTIONS = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


def make_rights(kube: Kube) -> None:
    """The two ServiceAccounts, and what they may do."""
    for name in _FILES:
        _apply(kube, _COMPONENTS / "rbac" / name)


def make_lease(kube: Kube) -> None:
    """The informers' Lease, without a holder."""
    _apply(kube, _COMPONENTS / "informer/lease.yaml")


def make_history(kube: Kube) -> None:
    """The history's ConfigMap, empty."""
    _apply(kube, _COMPONENTS / "history/configmap.yaml")


def _apply(kube: Kube, file: Path) -> None:
    objects: list[Json] = list(yaml.safe_load_all(file.read_text()))
    for each in objects:
        kube.create(_COLLECTIONS[each["kind"]].format(each["metadata"].get("namespace", "")), each)
