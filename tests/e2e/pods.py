"""Pods of the real GitLab Runner's shape, and what became of them."""

import contextlib
import json
import time
import uuid
from functools import partial

from tests.e2e.cluster import ROOT, Cluster, CommandError, Json
from tests.e2e.steps import wait_for

CI = "hookrunner-e2e-ci"
RUNNER = "gitlab.com/runner-id"
_DATA = ROOT / "tests" / "data" / "pods"


def runner_pod(runner: str, shape: str = "runner-cache-hostpath", namespace: str = CI, *, bound: bool = True) -> Json:
    """A pod as the runner made it, for `runner`, without what only its own cluster has; unless `bound`, it stays so."""
    real: Json = json.loads((_DATA / f"{shape}.json").read_text())
    spec = {name: value for name, value in real["spec"].items() if name not in {"serviceAccountName", "serviceAccount"}}
    spec["tolerations"] = [{"operator": "Exists"}]
    if not bound:
        spec["schedulerName"] = "nobody"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"runner-{uuid.uuid4().hex[:12]}",
            "namespace": namespace,
            "labels": real["metadata"]["labels"] | {RUNNER: runner},
            "annotations": real["metadata"].get("annotations", {}),
        },
        "spec": spec,
    }


def terms(pod: Json) -> list[Json]:
    """The preferred node affinity terms of a pod."""
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    found: list[Json] = affinity.get("preferredDuringSchedulingIgnoredDuringExecution", [])
    return found


def our_terms(*nodes: str) -> list[Json]:
    """What mutate adds for `nodes`, the most recent first."""
    return [
        {
            "weight": 100 - 5 * index,
            "preference": {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]},
        }
        for index, node in enumerate(nodes)
    ]


def history(cluster: Cluster) -> dict[str, str]:
    """The history, as the ConfigMap has it."""
    data: dict[str, str] = cluster.get("configmap", "hookrunner-history").get("data") or {}
    return data


def remember(cluster: Cluster, key: str, *nodes: str) -> None:
    """Writes into the history that `key` ran on `nodes`, the most recent first."""
    now = time.time()
    warm = {node: _stamp(now - 60 * age) for age, node in enumerate(nodes)}
    data = {key: nodes[0], f"_warm.{key}": json.dumps(warm, separators=(",", ":"))}
    cluster.patch("configmap", "hookrunner-history", {"data": data})


def run_once(cluster: Cluster, runner: str) -> str:
    """Creates a pod for `runner`, waits until its binding is in the history, and gives the node."""
    created = cluster.create(runner_pod(runner))
    wait_for(f"the binding of runner {runner} in the history", lambda: history(cluster).get(runner), 180)
    name = created["metadata"]["name"]
    node: str = cluster.get("pod", name, namespace=CI)["spec"]["nodeName"]
    return node


def clear(cluster: Cluster) -> None:
    """Takes away every pod that the tests made, at once: one request for thousands of them."""
    for namespace in (CI, "hookrunner-e2e"):
        if not _emptied(cluster, namespace):
            wait_for(f"no pods in {namespace}", partial(_emptied, cluster, namespace), 300)


def _emptied(cluster: Cluster, namespace: str) -> bool:
    """Whether no pod is left; if one is, the end of all is asked for. The answer to that may outlast its connection."""
    if not cluster.kubectl("get", "pods", "--namespace", namespace, "-o", "name"):
        return True
    with contextlib.suppress(CommandError):
        cluster.kubectl("delete", "--raw", f"/api/v1/namespaces/{namespace}/pods?gracePeriodSeconds=0")
    return False


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
