"""What happens to an installation while pods are created: done one after another, each until it has settled."""

import json

from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.steps import say, wait_for

_MIN_SCALE = "autoscaling.knative.dev/min-scale"


def roll(cluster: Cluster) -> None:
    """A new revision of mutate, by a changed setting."""
    say("  roll mutate to a new revision")
    set_environment(cluster, "mutate", HOOKRUNNER_LOG_LEVEL="warning")


def set_environment(cluster: Cluster, function: str, **variables: str) -> None:
    """Other values of a function's environment, and so a new revision."""
    environ = cluster.get("ksvc", function)["spec"]["template"]["spec"]["containers"][0]["env"]
    kept = [it for it in environ if it["name"] not in variables]
    added = [{"name": name, "value": value} for name, value in variables.items()]
    _patch(cluster, function, "/spec/template/spec/containers/0/env", [*kept, *added])


def scale(cluster: Cluster, replicas: int) -> None:
    """A revision with another number of replicas; with so little load it has no more than it must."""
    say(f"  scale mutate to {replicas}")
    path = f"/spec/template/metadata/annotations/{_MIN_SCALE.replace('/', '~1')}"
    _patch(cluster, "mutate", path, str(replicas))
    wait_for(f"{replicas} replica(s)", lambda: len(cluster.serving_pods("mutate")) == replicas, 300)


def kill(cluster: Cluster) -> None:
    """One replica of mutate dies at once."""
    before = cluster.serving_pods("mutate")
    victim = before[0]["metadata"]["name"]
    say(f"  kill {victim}")
    cluster.kubectl("delete", "pod", victim, "--namespace", NAMESPACE, "--grace-period=0", "--force")
    wait_for("another in its place", lambda: len(cluster.serving_pods("mutate")) >= len(before))


def restart_gateway(cluster: Cluster) -> None:
    """Every Deployment of the gateway's namespace is rolled."""
    gateway = service(cluster)["namespace"]
    say(f"  restart the gateway in {gateway}")
    cluster.kubectl("rollout", "restart", "deployment", "--namespace", gateway)
    cluster.kubectl("rollout", "status", "deployment", "--namespace", gateway, "--timeout=300s")


def service(cluster: Cluster) -> Json:
    """The Service that the webhook names."""
    found: Json = webhook(cluster)["clientConfig"]["service"]
    return found


def webhook(cluster: Cluster) -> Json:
    """The webhook, as the API server has it."""
    found: Json = cluster.get("mutatingwebhookconfiguration", "hookrunner")["webhooks"][0]
    return found


def _patch(cluster: Cluster, function: str, path: str, value: object) -> None:
    before = cluster.get("ksvc", function)["metadata"]["generation"]
    patch = json.dumps([{"op": "add", "path": path, "value": value}])
    cluster.kubectl("patch", "ksvc", function, "--namespace", NAMESPACE, "--type=json", "--patch", patch)

    def settled() -> bool:
        status = cluster.get("ksvc", function)["status"]
        ready = {it["type"]: it["status"] for it in status["conditions"]}["Ready"]
        latest = bool(status["latestReadyRevisionName"] == status["latestCreatedRevisionName"])
        return latest and ready == "True" and status["observedGeneration"] > before

    wait_for("the new revision takes the traffic", settled, 300)
