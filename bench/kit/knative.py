"""A cluster with Knative in which Hookrunner is installed, and beside it a Go webhook that is served the same way.

Both are asked by webhook configurations of the bench's own, which differ in the Service alone: `failurePolicy: Fail`,
so that a call that is lost is a create that failed.
"""

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.kit import corpus
from bench.kit.alike import same_affinity, wait_alike
from bench.kit.history import history
from bench.kit.kept import kept_history
from bench.kit.knative_objects import PEER, PLACE, alias, certificate, mapping, object_, peer, webhook
from bench.kit.lab import Lab
from bench.kit.load import Load
from tests.controlplane.pki import Authority
from tests.e2e.cluster import NAMESPACE, Cluster, CommandError, Json

NONE, OURS, GO = "no webhook", "Hookrunner", "Go by the book"
ALL = (NONE, GO, OURS)
_NAMESPACES = {NONE: "bench-none", OURS: "bench-hookrunner", GO: "bench-bybook"}
_SERVICES = {"mutate": NAMESPACE, PEER: PLACE}
"""The Knative Services that are compared, and their namespaces."""


@dataclass(frozen=True)
class Served:
    """The cluster, how a program is run where its API server is reached, and where that is."""

    cluster: Cluster
    inside: tuple[str, ...]
    server: str
    client: tuple[Path, Path]
    authority: Path
    lab: Lab

    def load(self, pod: corpus.Json) -> Load:
        """A load generator that creates `pod`, as the administrator."""
        path = self.lab.folder / "pod.json"
        path.write_bytes(corpus.encoded(pod))
        return Load(self.lab.peers / "load", path, self.authority, self.client, self.inside)

    def url(self, variant: str) -> str:
        """Where a pod of this variant is created: in truth all but kept, so that no node has to run it."""
        return f"{self.server}/api/v1/namespaces/{_NAMESPACES[variant]}/pods?dryRun=All"


@contextmanager
def served(lab: Lab, cluster: Cluster, inside: tuple[str, ...], image: str) -> Iterator[Served]:
    """All variants, ready: each has been seen to place a pod alike. `image` is that of the Go webhook.

    Raises:
        BenchError: they do not, or their pods have not the same resources.
    """
    found = _reached(lab, cluster, inside)
    with kept_history(cluster):
        try:
            _install(cluster, image)
            wait_alike(_SERVICES, partial(_resources, cluster))
            same_affinity(ALL[1:], partial(_affinity, cluster))
            yield found
        finally:
            _remove(cluster)


def _reached(lab: Lab, cluster: Cluster, inside: tuple[str, ...]) -> Served:
    config = json.loads(cluster.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json"))
    server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

    def written(name: str, text: str) -> Path:
        path = lab.folder / name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(text))
        return path

    client = written("admin.crt", user["client-certificate-data"]), written("admin.key", user["client-key-data"])
    authority = written("authority.crt", server["certificate-authority-data"])
    return Served(cluster, inside, server["server"], client, authority, lab)


def _install(cluster: Cluster, image: str) -> None:
    data = history(10)
    cluster.patch("configmap", "hookrunner-history", {"data": data})
    cluster.apply(*(object_("v1", "Namespace", name, "") for name in (PLACE, *_NAMESPACES.values())))
    cluster.apply(object_("v1", "ConfigMap", PEER, PLACE, data={"history.json": json.dumps(data)}))
    cluster.apply(peer(cluster.get("ksvc", "mutate"), image))
    _wait_ready(cluster, f"ksvc/{PEER}")
    hook = cluster.get("mutatingwebhookconfiguration", "hookrunner")["webhooks"][0]
    authority = _named(cluster, hook["clientConfig"]["service"])
    trusted = base64.b64encode(authority.certificate).decode()
    client = {"service": {**hook["clientConfig"]["service"], "name": PEER}, "caBundle": trusted}
    clients = {OURS: hook["clientConfig"], GO: client}
    cluster.apply(*(webhook(_NAMESPACES[variant], hook, clients[variant]) for variant in ALL[1:]))


def _named(cluster: Cluster, gateway: Mapping[str, str]) -> Authority:
    """Lets a name of the gateway lead to the Go webhook, and returns who signed its certificate."""
    host, authority = _host(gateway), Authority()
    service = cluster.get("service", gateway["name"], namespace=gateway["namespace"])
    claim = object_(
        "networking.internal.knative.dev/v1alpha1", "ClusterDomainClaim", host, "", spec={"namespace": PLACE}
    )
    cluster.apply(certificate(authority, host), alias(service), claim, mapping(host))
    _wait_ready(cluster, f"domainmapping/{host}")
    return authority


def _wait_ready(cluster: Cluster, name: str) -> None:
    cluster.kubectl("wait", "--for=condition=Ready", name, "--namespace", PLACE, "--timeout=180s")


def _remove(cluster: Cluster) -> None:
    gateway = cluster.get("mutatingwebhookconfiguration", "hookrunner")["webhooks"][0]["clientConfig"]["service"]
    for variant in ALL[1:]:
        cluster.kubectl("delete", "mutatingwebhookconfiguration", _NAMESPACES[variant], "--ignore-not-found")
    cluster.kubectl("delete", "namespace", "--ignore-not-found", PLACE, *_NAMESPACES.values())
    cluster.kubectl("delete", "service", PEER, "--namespace", gateway["namespace"], "--ignore-not-found")
    cluster.kubectl("delete", "clusterdomainclaim", _host(gateway), "--ignore-not-found")


def _host(gateway: Mapping[str, str]) -> str:
    return f"{PEER}.{gateway['namespace']}.svc"


def _resources(cluster: Cluster, service: str) -> list[dict[str, Json]]:
    """Of each pod of a Knative Service: container -> its resources."""
    pods = cluster.items("pods", "-l", f"serving.knative.dev/service={service}", namespace=_SERVICES[service])
    return [
        {container["name"]: container.get("resources", {}) for container in pod["spec"]["containers"]}
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
    ]


def _affinity(cluster: Cluster, variant: str) -> Json:
    """The affinity of a pod as it would be created, or why it would not."""
    pod = {**corpus.pod(11_000), "apiVersion": "v1", "kind": "Pod"}
    pod["metadata"]["namespace"] = _NAMESPACES[variant]
    try:
        found: Json = cluster.dry_run(pod)["spec"].get("affinity", {})
    except CommandError as error:
        return {"error": str(error)}
    return found


def image_of(program: Path, lab: str) -> str:
    """The image of a static program in the lab's registry, made and pushed."""
    done = subprocess.run([lab, "image", str(program), f"bench-{program.name}"], capture_output=True, check=True)
    return done.stdout.decode().split()[-1]
