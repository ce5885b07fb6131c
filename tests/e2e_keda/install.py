"""The scaler's own manifests, with the image that was built and a quick poll."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.e2e_keda.kube import Json, apply, kubectl, say

ROOT = Path(__file__).parents[2]
_QUICK = {"name": "HOOKRUNNER_SCALER_POLL_INTERVAL", "value": "5s"}


def install(kustomization: str) -> None:
    """Applies config/<kustomization>, and waits until it serves."""
    rendered = yaml.safe_load_all(kubectl("kustomize", str(ROOT / "config" / kustomization)))
    apply(*(_adjusted(found) for found in rendered if found))
    kubectl("rollout", "status", "deployment/scaler", "--namespace", "hookrunner", "--timeout=180s")
    say(f"config/{kustomization} is up")


def secret(name: str, namespace: str, texts: Mapping[str, str]) -> None:
    """Applies a Secret."""
    metadata = {"name": name, "namespace": namespace}
    apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": dict(texts)})


def _adjusted(found: Json) -> Json:
    if found["kind"] == "Deployment":
        (container,) = found["spec"]["template"]["spec"]["containers"]
        container["image"] = os.environ["IMAGE"]
        container["env"] = [*container.get("env", []), _QUICK]
    return found
