"""A cluster with Knative in which Hookrunner is installed, and beside it a Go webhook that is served the same way.

Both are asked by webhook configurations of the bench's own, which differ in the Service alone: `failurePolicy: Fail`,
so that a call that is lost is a create that failed.
"""

import base64
import copy
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.kit import corpus
from bench.kit.history import history
from bench.kit.lab import Lab
from bench.kit.load import Load
from tests.controlplane.pki import Authority
from tests.e2e.cluster import Cluster, CommandError, Json

NONE, OURS, GO = "no webhook", "Hookrunner", "Go by the book"
ALL = (NONE, GO, OURS)
_PLACE = "hookrunner-bench"
_PEER = "bybook"
_SECONDS = 180.0


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
        return f"{self.server}/api/v1/namespaces/{_namespace(variant)}/pods?dryRun=All"


@contextmanager
def served(lab: Lab, cluster: Cluster, inside: tuple[str, ...], image: str) -> Iterator[Served]:
    """All variants, ready: each has been seen to place a pod. `image` is that of the Go webhook."""
    found = _reached(lab, cluster, inside)
    try:
        _install(cluster, image)
        for variant in ALL[1:]:
            _wait_placed(cluster, variant)
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
    hook = cluster.get("mutatingwebhookconfiguration", "hookrunner")["webhooks"][0]
    gateway = hook["clientConfig"]["service"]
    authority = Authority()
    host = f"{_PEER}.{gateway['namespace']}.svc"
    cluster.apply(*(_object("v1", "Namespace", name, "") for name in (_PLACE, *map(_namespace, ALL))))
    cluster.apply(
        _object("v1", "ConfigMap", _PEER, _PLACE, data={"history.json": json.dumps(data)}),
        _certificate(authority, host),
        _alias(cluster, gateway),
        _peer(cluster, image),
    )
    cluster.kubectl("wait", "--for=condition=Ready", f"ksvc/{_PEER}", "--namespace", _PLACE, "--timeout=180s")
    cluster.apply(
        _object("networking.internal.knative.dev/v1alpha1", "ClusterDomainClaim", host, "", spec={"namespace": _PLACE}),
        _mapping(host),
    )
    cluster.kubectl("wait", "--for=condition=Ready", f"domainmapping/{host}", "--namespace", _PLACE, "--timeout=180s")
    trusted = base64.b64encode(authority.certificate).decode()
    peer = {"service": {**gateway, "name": _PEER}, "caBundle": trusted}
    cluster.apply(_webhook(OURS, hook, hook["clientConfig"]), _webhook(GO, hook, peer))


def _remove(cluster: Cluster) -> None:
    gateway = cluster.get("mutatingwebhookconfiguration", "hookrunner")["webhooks"][0]["clientConfig"]["service"]
    for variant in ALL[1:]:
        cluster.kubectl("delete", "mutatingwebhookconfiguration", _namespace(variant), "--ignore-not-found")
    cluster.kubectl("delete", "namespace", "--ignore-not-found", _PLACE, *map(_namespace, ALL))
    cluster.kubectl("delete", "service", _PEER, "--namespace", gateway["namespace"], "--ignore-not-found")
    host = f"{_PEER}.{gateway['namespace']}.svc"
    cluster.kubectl("delete", "clusterdomainclaim", host, "--ignore-not-found")


def _certificate(authority: Authority, host: str) -> Json:
    pair = authority.server(host)
    texts = {"tls.crt": pair.certificate.decode(), "tls.key": pair.key.decode()}
    return _object("v1", "Secret", f"{_PEER}-tls", _PLACE, type="kubernetes.io/tls", stringData=texts)


def _alias(cluster: Cluster, gateway: Mapping[str, str]) -> Json:
    """Another Service of the gateway's pods: its name is what leads to the Go webhook."""
    spec = cluster.get("service", gateway["name"], namespace=gateway["namespace"])["spec"]
    ports = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec["ports"]]
    return _object("v1", "Service", _PEER, gateway["namespace"], spec={"selector": spec["selector"], "ports": ports})


def _peer(cluster: Cluster, image: str) -> Json:
    """A copy of mutate's Service, with all that it says of replicas, resources and security, and another program."""
    template = copy.deepcopy(cluster.get("ksvc", "mutate")["spec"]["template"])
    del template["spec"]["serviceAccountName"]
    (mutate,) = template["spec"]["containers"]
    kept = {name: mutate[name] for name in ("resources", "securityContext") if name in mutate}
    options = ["-listen", ":8080", "-history", "/history/history.json"]
    mount = {"name": "history", "mountPath": "/history", "readOnly": True}
    template["spec"]["containers"] = [kept | {"image": image, "args": options, "volumeMounts": [mount]}]
    template["spec"]["volumes"] = [{"name": "history", "configMap": {"name": _PEER}}]
    local = {"networking.knative.dev/visibility": "cluster-local"}
    return _object(
        "serving.knative.dev/v1", "Service", _PEER, _PLACE, labels=local, spec={"template": _without_status(template)}
    )


def _without_status(template: Json) -> Json:
    annotations = template["metadata"].get("annotations", {})
    mine = {name: value for name, value in annotations.items() if name.startswith("autoscaling.knative.dev/")}
    return {**template, "metadata": {"annotations": mine}}


def _mapping(host: str) -> Json:
    ref = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": _PEER}
    spec = {"ref": ref, "tls": {"secretName": f"{_PEER}-tls"}}
    return _object("serving.knative.dev/v1beta1", "DomainMapping", host, _PLACE, spec=spec)


def _webhook(variant: str, hook: Json, client: Json) -> Json:
    name = _namespace(variant)
    mine = hook | {
        "name": f"{name}.hookrunner.dev",
        "clientConfig": client,
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
    }
    return _object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name, "", webhooks=[mine])


def _object(version: str, kind: str, name: str, namespace: str, labels: Mapping[str, str] = {}, **more: object) -> Json:
    metadata = {"name": name, "labels": dict(labels)} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _wait_placed(cluster: Cluster, variant: str) -> None:
    pod = {**corpus.pod(11_000), "apiVersion": "v1", "kind": "Pod"}
    pod["metadata"]["namespace"] = _namespace(variant)
    deadline = time.monotonic() + _SECONDS
    while "node-1" not in _tried(cluster, pod):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{variant} does not place pods: {_tried(cluster, pod)[-500:]}")
        time.sleep(1)


def _tried(cluster: Cluster, pod: Json) -> str:
    """The pod as it would be created, or why it would not."""
    try:
        return json.dumps(cluster.dry_run(pod)["spec"])
    except CommandError as error:
        return str(error)


def _namespace(variant: str) -> str:
    return {NONE: "bench-none", OURS: "bench-hookrunner", GO: "bench-bybook"}[variant]


def image_of(program: Path, lab: str) -> str:
    """The image of a static program in the lab's registry, made and pushed."""
    done = subprocess.run([lab, "image", str(program), f"bench-{program.name}"], capture_output=True, check=True)
    return done.stdout.decode().split()[-1]
