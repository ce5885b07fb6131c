"""Node objects without a kubelet: the scheduler binds pods to them, and there the pods stay as they are."""

from collections.abc import Mapping

from tests.controlplane.client import Json, Kube

MADE_HERE = "hookrunner.test/node=true"  # the label that every node made here carries
_PATH = "/api/v1/nodes"
_CAPACITY = {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "110"}


class Nodes:
    """Makes nodes and removes them."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._made: set[str] = set()

    def add(self, count: int, prefix: str = "node", **capacity: str) -> list[str]:
        """Make `count` nodes, `node-1` and so on; `capacity` such as pods="8" changes the usual one."""
        names = [f"{prefix}-{number}" for number in range(1, count + 1)]
        for name in names:
            self.add_one(name, capacity)
        return names

    def add_one(
        self, name: str, capacity: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None
    ) -> Json:
        """Make one ready node and return it."""
        self._kube.create(_PATH, node(name, {**_CAPACITY, **(capacity or {})}, labels or {}))
        self._made.add(name)
        # The API server taints each new node as not ready; the controller that would lift this is not here.
        return self._kube.patch(f"{_PATH}/{name}", {"spec": {"taints": None}})

    def cordon(self, name: str) -> None:
        """Mark the node unschedulable, as kubectl cordon does."""
        self._kube.patch(f"{_PATH}/{name}", {"spec": {"unschedulable": True}})

    def set_ready(self, name: str, *, ready: bool) -> None:
        """Set the node's Ready condition and the taint that goes with it."""
        self._kube.patch(f"{_PATH}/{name}/status", {"status": {"conditions": [_ready(ready)]}})
        taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
        self._kube.patch(f"{_PATH}/{name}", {"spec": {"taints": None if ready else [taint]}})

    def delete(self, name: str) -> None:
        """Remove the node; its pods stay as they are."""
        self._kube.delete(f"{_PATH}/{name}")
        self._made.discard(name)

    def delete_all(self) -> None:
        """Remove every node that was made by this object."""
        for name in sorted(self._made):
            self.delete(name)


def node(name: str, capacity: Mapping[str, str], labels: Mapping[str, str]) -> Json:
    """Return a Node that is ready and has `capacity` free."""
    key, _, value = MADE_HERE.partition("=")
    usual = {key: value, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**usual, **labels}},
        "status": {
            "capacity": dict(capacity),
            "allocatable": dict(capacity),
            "conditions": [_ready(True)],
            "addresses": [{"type": "Hostname", "address": name}],
        },
    }


def _ready(ready: bool) -> Json:
    reason = "KubeletReady" if ready else "KubeletNotReady"
    return {"type": "Ready", "status": str(ready), "reason": reason}
