"""Kustomizations as the objects that they come to."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
Json = dict[str, Any]


def rendered(kubectl: Path, kustomization: str) -> list[Json]:
    """The objects of `config/<kustomization>`, as `kubectl kustomize` builds them."""
    done = subprocess.run([kubectl, "kustomize", CONFIG / kustomization], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return [found for found in yaml.load_all(done.stdout, yaml.CSafeLoader) if found]  # ten times as fast as its twin


def of_kind(objects: list[Json], kind: str, group: str = "") -> list[Json]:
    """The objects of one kind, and where kinds of two groups share a name, of one group."""
    return [found for found in objects if found["kind"] == kind and found["apiVersion"].startswith(group)]


def function(objects: list[Json], name: str) -> Json:
    """The Knative Service of one name."""
    (found,) = (it for it in of_kind(objects, "Service", "serving.knative.dev") if it["metadata"]["name"] == name)
    return found


def pod_spec(workload: Json) -> Json:
    """The pods' spec of a Knative Service or a Deployment."""
    spec: Json = workload["spec"]["template"]["spec"]
    return spec
