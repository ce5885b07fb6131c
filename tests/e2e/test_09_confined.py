"""Row 9: every pod of ours, queue-proxy included, is confined, and the namespace holds it to that."""

import pytest

from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.pods import run_once

pytestmark = pytest.mark.e2e


def test_every_container(installed: Cluster, runner: str) -> None:
    """Non-root, read-only root, no capabilities, seccomp, requests and limits: on every container that runs."""
    run_once(installed, runner)  # record runs too then; mutate and hook always do
    pods = installed.items("pods")
    assert {pod["metadata"]["name"].split("-")[0] for pod in pods} >= {"mutate", "record", "hook", "informer"}
    faults = {
        f"{pod['metadata']['name']}/{container['name']}": wrong
        for pod in pods
        for container in pod["spec"]["containers"]
        if (wrong := _faults(container))
    }
    assert faults == {}


def test_restricted_holds(installed: Cluster) -> None:
    """The API server finds no pod of ours that the standard `restricted` would refuse."""
    label = "pod-security.kubernetes.io/enforce"
    command = ["label", "namespace", NAMESPACE, "--overwrite"]
    installed.kubectl(*command, f"{label}=privileged")
    said = installed.kubectl(*command, f"{label}=restricted", "--warnings-as-errors")
    assert said == f"namespace/{NAMESPACE} labeled\n"


def _faults(container: Json) -> list[str]:
    security, resources = container.get("securityContext", {}), container.get("resources", {})
    wanted = {
        "runAsNonRoot": security.get("runAsNonRoot") is True,
        "readOnlyRootFilesystem": security.get("readOnlyRootFilesystem") is True,
        "allowPrivilegeEscalation": security.get("allowPrivilegeEscalation") is False,
        "capabilities": security.get("capabilities") == {"drop": ["ALL"]},
        "seccompProfile": security.get("seccompProfile") == {"type": "RuntimeDefault"},
        "requests": resources.get("requests", {}).keys() >= {"cpu", "memory"},
        "limits": resources.get("limits", {}).keys() >= {"cpu", "memory"},
    }
    return [name for name, holds in wanted.items() if not holds]
