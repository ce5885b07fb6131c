"""How a control plane may differ from the usual one, and the files that this takes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """What a test or bench may choose.

    audit: write a log of pod creates and bindings (`ControlPlane.audit_events`).
    scheduler_config: merged into the KubeSchedulerConfiguration, such as {"percentageOfNodesToScore": 100}.
    kwok: start KWOK, which lets the pods on nodes that `Nodes` makes run, and end after
        the time of their annotation (`workloads.RUN_FOR`).
    """

    audit: bool = False
    scheduler_config: Mapping[str, Any] = field(default_factory=dict)
    kwok: bool = False


def write_audit_policy(path: Path) -> Path:
    """Write a policy that logs creates of pods and of bindings with their bodies, and nothing else."""
    rule = {
        "level": "Request",
        "verbs": ["create"],
        "resources": [{"group": "", "resources": ["pods", "pods/binding"]}],
        "omitStages": ["RequestReceived"],
    }
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [rule, {"level": "None"}]}
    path.write_text(json.dumps(policy))
    return path


def write_scheduler_config(path: Path, kubeconfig: Path, more: Mapping[str, Any]) -> Path:
    """Write the scheduler's configuration; its client is not throttled, so that bursts bind at once."""
    config = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(kubeconfig), "qps": 1000, "burst": 2000},
        **more,
    }
    path.write_text(json.dumps(config))
    return path
