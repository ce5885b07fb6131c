"""What the tests scale, and by what: a project at the fake GitLab, a Deployment, a ScaledObject or ScaledJob."""

from dataclasses import dataclass

from tests.e2e_keda.kube import METADATA, Json
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Project

_POD: Json = {
    # Fake nodes run anything, without an image.
    "nodeSelector": {"hookrunner.lab/fake": "true"},
    "tolerations": [{"key": "hookrunner.lab/fake", "operator": "Exists"}],
    "containers": [{"name": "runner", "image": "gitlab-runner"}],
}


@dataclass(frozen=True)
class World:
    """The fake GitLab, and its URL as the cluster reaches it."""

    gitlab: GitLab
    url: str

    def project(self, name: str) -> Project:
        """A new project of a group of its own."""
        instance = self.gitlab.instance
        return instance.add_project("app", instance.add_group(name))

    def trigger(self, kind: str, project: Project, **metadata: str) -> Json:
        """A trigger that counts the project's jobs."""
        query = {"gitlabUrl": self.url, "projectId": str(project.id), **metadata}
        return {"type": kind, "metadata": {"scalerAddress": "scaler.hookrunner.svc.cluster.local:9090", **query}}


def deployment(name: str) -> Json:
    """A Deployment of runner managers, at zero."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": _POD}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, **METADATA},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def scaled_object(name: str, trigger: Json, *, polling: int) -> Json:
    """A ScaledObject from 0 to 10 that is quicker to scale down than a person would want."""
    at_once = {"stabilizationWindowSeconds": 0}
    behavior = {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": at_once, "scaleUp": at_once}}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, **METADATA},
        "spec": {
            "scaleTargetRef": {"name": name},
            "minReplicaCount": 0,
            "maxReplicaCount": 10,
            "pollingInterval": polling,
            "cooldownPeriod": 5,
            "advanced": behavior,
            "triggers": [trigger],
        },
    }


def scaled_job(name: str, trigger: Json, *, strategy: str, runs: int) -> Json:
    """A ScaledJob of one-shot runners that end after `runs` seconds."""
    pod = {
        "metadata": {"annotations": {"hookrunner.lab/run-for": f"{runs}s"}},
        "spec": {**_POD, "restartPolicy": "Never"},
    }
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledJob",
        "metadata": {"name": name, **METADATA},
        "spec": {
            "pollingInterval": 5,
            "maxReplicaCount": 50,
            "successfulJobsHistoryLimit": 100,
            "scalingStrategy": {"strategy": strategy},
            "triggers": [trigger],
            "jobTargetRef": {"backoffLimit": 0, "template": pod},
        },
    }
