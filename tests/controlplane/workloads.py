"""GitLab Runner's pods: made after a real one, created, deleted, and awaited until they are bound."""

import copy
import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.controlplane.client import Json, Kube
from tests.support.waiting import PATIENCE_SECONDS

RUNNER_LABEL = "gitlab.com/runner-id"
RUN_FOR = "hookrunner.test/run-for"  # annotation: KWOK lets the pod end well after this time, such as 2s
_REAL_POD = Path(__file__).parents[1] / "data" / "pods" / "runner-cache-hostpath.json"


def runner_pod(
    name: str | None = None,
    *,
    runner: str = "41",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    volume: str | None = "runner-cache",
    affinity: Json | None = None,
) -> Json:
    """Return a job's pod as GitLab Runner 19.4 makes it, with a hostPath cache volume.

    The name is made up if none is given. `labels` are added to the runner's own and to the runner label;
    `volume` renames the cache volume, None leaves it out; `affinity` replaces the empty one.
    """
    pod = copy.deepcopy(_real_pod())
    meta, spec = pod["metadata"], pod["spec"]
    meta["name"] = name or f"runner-01fake01n-project-11-concurrent-0-{uuid.uuid4().hex[:12]}"
    del meta["namespace"]
    meta["labels"] |= {RUNNER_LABEL: runner, **(labels or {})}
    meta["annotations"] |= annotations or {}
    spec["affinity"] = affinity or {}
    _rename_volume(spec, volume)
    return pod


def preferred_node(name: str, weight: int = 100) -> Json:
    """Return an affinity that prefers one node."""
    field = {"key": "metadata.name", "operator": "In", "values": [name]}
    term = {"weight": weight, "preference": {"matchFields": [field]}}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}


class Pods:
    """The pods of one namespace."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._path = f"/api/v1/namespaces/{namespace}/pods"

    def create(self, pod: Json, *, dry_run: bool = False) -> Json:
        """Create a pod and return it as the API server stored it, or would have in a dry run."""
        return self._kube.create(self._path, pod, **({"dryRun": "All"} if dry_run else {}))

    def get(self, name: str) -> Json:
        """Read a pod."""
        return self._kube.get(f"{self._path}/{name}")

    def delete(self, name: str) -> None:
        """Remove a pod at once: there is no kubelet to wait for."""
        self._kube.delete(f"{self._path}/{name}", gracePeriodSeconds="0")

    def wait_bound(self, name: str, seconds: float = PATIENCE_SECONDS) -> str:
        """Wait until the scheduler has bound the pod, and return the node's name.

        Raises:
            TimeoutError: it was not bound in time; the message has the scheduler's reason.

        """
        return str(self._wait(name, "spec", "nodeName", seconds))

    def wait_phase(self, name: str, phase: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until KWOK has brought the pod to a phase, such as Running or Succeeded."""
        self._wait(name, "status", "phase", seconds, phase)

    def run(self, pod: Json, seconds: float = PATIENCE_SECONDS) -> str:
        """Create a pod, wait until it is bound and return the node's name."""
        return self.wait_bound(self.create(pod)["metadata"]["name"], seconds)

    def _wait(self, name: str, part: str, key: str, seconds: float, wanted: str | None = None) -> object:
        conditions: object = None
        for event in self._kube.watch(self._path, seconds, fieldSelector=f"metadata.name={name}"):
            found = event.object.get(part, {}).get(key)
            if found and wanted in (None, found):
                return found
            conditions = event.object.get("status", {}).get("conditions")
        raise TimeoutError(f"{part}.{key} of pod {name} was not {wanted or 'set'} in {seconds} s: {conditions}")


@cache
def _real_pod() -> Json:
    pod: Json = json.loads(_REAL_POD.read_text())
    return pod


def _rename_volume(spec: Json, name: str | None) -> None:
    containers = [*spec["initContainers"], *spec["containers"]]
    for named in (spec["volumes"], *(container["volumeMounts"] for container in containers)):
        for item in [item for item in named if item["name"] == "runner-cache"]:
            if name is None:
                named.remove(item)
            else:
                item["name"] = name
