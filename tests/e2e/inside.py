"""Runs the programs of clients/ in the cluster, as pods of the installation's own image."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.cluster import Cluster, Json
from tests.e2e.steps import wait_for

NAMESPACE = "hookrunner-e2e"
_CLIENTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Client:
    """A program that was started; `result` waits for it."""

    cluster: Cluster
    name: str

    def is_done(self) -> bool:
        """Whether it has ended."""
        phase = self.cluster.get("pod", self.name, namespace=NAMESPACE)["status"].get("phase")
        return phase in {"Succeeded", "Failed"}

    def result(self, seconds: float) -> Any:  # noqa: ANN401 - any JSON value
        """What it printed, decoded; its pod is deleted then."""
        wait_for(f"the end of {self.name}", self.is_done, seconds)
        printed = self.cluster.kubectl("logs", self.name, "--namespace", NAMESPACE)
        assert self.cluster.get("pod", self.name, namespace=NAMESPACE)["status"]["phase"] == "Succeeded", printed
        self.cluster.kubectl("delete", "pod", self.name, "--namespace", NAMESPACE, "--wait=false")
        return json.loads(printed.splitlines()[-1])


def start(cluster: Cluster, program: str, *args: str, files: Mapping[str, str]) -> Client:
    """Starts clients/<program>.py with `files` beside it in /e2e."""
    name = f"{program}-{uuid.uuid4().hex[:8]}"
    data = {**files, f"{program}.py": (_CLIENTS / f"{program}.py").read_text()}
    cluster.apply(_config_map(name, data), _pod(name, program, args, _image(cluster)))
    return Client(cluster, name)


def prepare(cluster: Cluster, ci: str) -> None:
    """Makes the namespace that the programs run in, and lets them create pods there and in namespace `ci`."""
    metadata = {"name": "e2e", "namespace": NAMESPACE}
    cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        *(it for namespace in (NAMESPACE, ci) for it in _may_create_pods(namespace)),
    )


def _may_create_pods(namespace: str) -> list[Json]:
    group, name = "rbac.authorization.k8s.io", "e2e"
    metadata = {"name": name, "namespace": namespace}
    account = {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules}
    ref = {"apiGroup": group, "kind": "Role", "name": name}
    binding = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata}
    return [role, {**binding, "roleRef": ref, "subjects": [account]}]


def _image(cluster: Cluster) -> str:
    service = cluster.get("ksvc", "record")
    image: str = service["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def _config_map(name: str, data: Mapping[str, str]) -> Json:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _pod(name: str, program: str, args: tuple[str, ...], image: str) -> Json:
    container = {
        "name": "client",
        "image": image,
        "command": ["python", f"/e2e/{program}.py", *args],
        "volumeMounts": [{"name": "files", "mountPath": "/e2e"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": "e2e",
            "containers": [container],
            "volumes": [{"name": "files", "configMap": {"name": name}}],
        },
    }
