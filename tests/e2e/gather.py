"""What a person needs after a failure, in one folder: logs, events, what kn says, what runs."""

from pathlib import Path

from tests.e2e.cluster import NAMESPACE, ROOT, Cluster, CommandError
from tests.e2e.steps import say

FOLDER = ROOT / "e2e-logs"
_FUNCTIONS = ("mutate", "record", "hook")


def gather(cluster: Cluster, test: str) -> None:
    """Writes into e2e-logs/<test>/; what cannot be had is told in its file."""
    folder = FOLDER / test
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FUNCTIONS:
        _write(folder / f"kn-{name}.txt", cluster.kn, "service", "describe", name, "--namespace", NAMESPACE)
        _logs(cluster, folder / f"log-{name}.txt", f"serving.knative.dev/service={name}")
    _logs(cluster, folder / "log-informer.txt", "app.kubernetes.io/name=informer")
    kubectl = cluster.kubectl
    for namespace in ("knative-serving", _gateway(cluster)):
        _logs(cluster, folder / f"log-{namespace}.txt", "!none", namespace)  # whatever its pods are labelled
    _write(folder / "events.txt", kubectl, "get", "events", "--all-namespaces", "--sort-by=.lastTimestamp")
    _write(folder / "pods.txt", kubectl, "get", "pods", "--all-namespaces", "-o", "wide")
    kinds = "ksvc,revisions,routes,domainmappings,deployments,pods,configmaps,leases"
    _write(folder / "objects.yaml", kubectl, "get", kinds, "--namespace", NAMESPACE, "-o", "yaml")
    _write(folder / "webhook.yaml", kubectl, "get", "mutatingwebhookconfiguration", "hookrunner", "-o", "yaml")
    say(f"what was seen is in {folder}")


def _gateway(cluster: Cluster) -> str:
    """The namespace of the gateway that the webhook names; where there is none, a namespace without pods."""
    path = "jsonpath={.webhooks[0].clientConfig.service.namespace}"
    try:
        return cluster.kubectl("get", "mutatingwebhookconfiguration", "hookrunner", "-o", path)
    except (CommandError, OSError):
        return "kube-node-lease"


def _logs(cluster: Cluster, path: Path, selector: str, namespace: str = NAMESPACE) -> None:
    options = ("--all-containers", "--prefix", "--tail=2000", "--ignore-errors")
    _write(path, cluster.kubectl, "logs", "--namespace", namespace, "-l", selector, *options)


def _write(path: Path, command: object, *args: str) -> None:
    assert callable(command)
    try:
        path.write_text(command(*args))
    except (CommandError, OSError) as error:  # OSError: the program is not there
        path.write_text(str(error))
