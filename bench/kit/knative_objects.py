"""The objects that the bench adds to a cluster: the Go webhook as a Knative Service, its certificate, the webhooks."""

import copy
from collections.abc import Mapping

from tests.controlplane.pki import Authority
from tests.e2e.cluster import Json

PLACE = "hookrunner-bench"
"""The namespace of the Go webhook."""
PEER = "bybook"
"""The Go webhook's name."""
_OF_PODS = ("autoscaling.knative.dev/", "queue.sidecar.serving.knative.dev/")
"""Annotations that say how many replicas there are and what their queue-proxy gets; all others are the server's."""


def peer(mutate: Json, image: str) -> Json:
    """A copy of mutate's Service, with all that it says of replicas, resources and security, and another program."""
    template = copy.deepcopy(mutate["spec"]["template"])
    del template["spec"]["serviceAccountName"]
    (container,) = template["spec"]["containers"]
    kept = {name: container[name] for name in ("resources", "securityContext") if name in container}
    options = ["-listen", ":8080", "-history", "/history/history.json"]
    mount = {"name": "history", "mountPath": "/history", "readOnly": True}
    template["spec"]["containers"] = [kept | {"image": image, "args": options, "volumeMounts": [mount]}]
    template["spec"]["volumes"] = [{"name": "history", "configMap": {"name": PEER}}]
    annotations = template["metadata"].get("annotations", {})
    template["metadata"] = {
        "annotations": {name: annotations[name] for name in annotations if name.startswith(_OF_PODS)}
    }
    local = {"networking.knative.dev/visibility": "cluster-local"}
    return object_("serving.knative.dev/v1", "Service", PEER, PLACE, labels=local, spec={"template": template})


def certificate(authority: Authority, host: str) -> Json:
    """The Secret with a certificate for `host`."""
    pair = authority.server(host)
    texts = {"tls.crt": pair.certificate.decode(), "tls.key": pair.key.decode()}
    return object_("v1", "Secret", f"{PEER}-tls", PLACE, type="kubernetes.io/tls", stringData=texts)


def alias(service: Json) -> Json:
    """Another Service of the gateway's pods, whose own is `service`: its name is what leads to the Go webhook."""
    spec = service["spec"]
    ports = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec["ports"]]
    same = {"selector": spec["selector"], "ports": ports}
    return object_("v1", "Service", PEER, service["metadata"]["namespace"], spec=same)


def mapping(host: str) -> Json:
    """The DomainMapping of `host` to the Go webhook."""
    ref = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": PEER}
    spec = {"ref": ref, "tls": {"secretName": f"{PEER}-tls"}}
    return object_("serving.knative.dev/v1beta1", "DomainMapping", host, PLACE, spec=spec)


def webhook(name: str, hook: Json, client: Json) -> Json:
    """A copy of our own webhook `hook` for the pods of the namespace `name`: it asks `client`, which must answer."""
    mine = hook | {
        "name": f"{name}.hookrunner.dev",
        "clientConfig": client,
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
    }
    return object_("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name, "", webhooks=[mine])


def object_(
    version: str, kind: str, name: str, namespace: str, labels: Mapping[str, str] | None = None, **more: object
) -> Json:
    """An object; one of the whole cluster without a namespace."""
    metadata = {"name": name, "labels": dict(labels or {})} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}
