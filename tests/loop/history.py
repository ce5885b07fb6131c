"""The history's ConfigMap, as a test writes it, reads it and waits for it."""

from collections.abc import Mapping
from typing import Any

from tests.controlplane.client import Json, Kube
from tests.controlplane.workloads import Pods, runner_pod
from tests.support.waiting import PATIENCE_SECONDS

NAME = "hookrunner-history"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class History:
    """The ConfigMap `hookrunner-history` of one namespace."""

    def __init__(self, kube: Any, namespace: str) -> None:  # noqa: ANN401 - a pytest fixture's value
        self._kube: Kube = kube
        self.namespace = namespace
        self._parent = f"/api/v1/namespaces/{namespace}/configmaps"
        self.setting = f"configmap:{namespace}/{NAME}"

    def create(self, data: Mapping[str, str]) -> Json:
        """Makes the ConfigMap."""
        return self._kube.create(self._parent, {"metadata": {"name": NAME}, "data": dict(data)})

    def edit(self, data: Mapping[str, str | None]) -> None:
        """Changes some of it, as a person does with kubectl; None takes a name away."""
        self._kube.patch(f"{self._parent}/{NAME}", {"data": dict(data)})

    def patch(self, patch: Json) -> None:
        """Changes the object itself."""
        self._kube.patch(f"{self._parent}/{NAME}", patch)

    def delete(self) -> None:
        """Takes the ConfigMap away."""
        self._kube.delete(f"{self._parent}/{NAME}")

    def data(self) -> dict[str, str]:
        """What it holds."""
        found: dict[str, str] = self._kube.get(f"{self._parent}/{NAME}").get("data", {})
        return found

    def wait_for(self, name: str, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until `name` has this text.

        Raises:
            TimeoutError: it did not in time.
        """
        last = None
        for event in self._kube.watch(self._parent, seconds, fieldSelector=f"metadata.name={NAME}"):
            last = event.object.get("data", {}).get(name)
            if last == text:
                return
        raise TimeoutError(f"data[{name!r}] was not {text!r} in {seconds} s, but {last!r}")


def terms(pod: Json) -> list[Json]:
    """The preferred node terms of a pod."""
    found: list[Json] = pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get(PREFERRED, [])
    return found


def term(node: str, weight: int = 100) -> Json:
    """The term that `mutate` adds for a node."""
    match = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"weight": weight, "preference": {"matchFields": [match]}}


def sees(pods: Pods, key: str, node: str | None) -> bool:
    """Whether `mutate` prefers `node` for `key` by now (None: no node), as a dry run of a pod tells."""
    found = terms(pods.create(runner_pod(runner=key), dry_run=True))
    return not found if node is None else bool(found) and found[0] == term(node)
