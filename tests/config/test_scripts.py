"""make deploy and make undeploy: what they leave, what they delete, and what they refuse before any change."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.config.rendering import CONFIG, ROOT, Json, rendered
from tests.controlplane.pki import Authority

pytestmark = pytest.mark.controlplane

FAKE = Path(__file__).parent / "kubectl_for_deploy.py"
IMAGE = f"registry.example.com/team/hookrunner@sha256:{'0' * 64}"
# As `kubectl api-resources` writes them: short names are not always there.
KINDS = [
    "configmaps cm v1 true ConfigMap",
    "namespaces ns v1 false Namespace",
    "secrets v1 true Secret",
    "serviceaccounts sa v1 true ServiceAccount",
    "services svc v1 true Service",
    "mutatingwebhookconfigurations admissionregistration.k8s.io/v1 false MutatingWebhookConfiguration",
    "deployments deploy apps/v1 true Deployment",
    "leases coordination.k8s.io/v1 true Lease",
    "networkpolicies netpol networking.k8s.io/v1 true NetworkPolicy",
    "poddisruptionbudgets pdb policy/v1 true PodDisruptionBudget",
    "clusterrolebindings rbac.authorization.k8s.io/v1 false ClusterRoleBinding",
    "clusterroles rbac.authorization.k8s.io/v1 false ClusterRole",
    "rolebindings rbac.authorization.k8s.io/v1 true RoleBinding",
    "roles rbac.authorization.k8s.io/v1 true Role",
    "clusterdomainclaims cdc networking.internal.knative.dev/v1alpha1 false ClusterDomainClaim",
    "domainmappings dm serving.knative.dev/v1beta1 true DomainMapping",
    "services kservice,ksvc serving.knative.dev/v1 true Service",
]
CERT_MANAGER = ["certificates cert,certs cert-manager.io/v1 true Certificate", "issuers cert-manager.io/v1 true Issuer"]
EVENTING = [
    "brokers eventing.knative.dev/v1 true Broker",
    "triggers eventing.knative.dev/v1 true Trigger",
    "sinkbindings sources.knative.dev/v1 true SinkBinding",
]
MONITORING = ["servicemonitors smon monitoring.coreos.com/v1 true ServiceMonitor"]
GATEWAYS = (("kourier", "kourier-system"), ("istio-ingressgateway", "istio-system"))


@dataclass(frozen=True)
class Cluster:
    """A cluster in a file, and the scripts that are run against it."""

    state: Path
    kubectl: Path

    def run(self, script: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs scripts/<script>.sh."""
        command = f"{sys.executable} -I -S {FAKE} {self.state} {self.kubectl}"
        environ = os.environ | {"KUBECTL": command, "IMAGE": IMAGE, "SETTLE": "0", **settings}
        return subprocess.run(
            [ROOT / "scripts" / f"{script}.sh"], env=environ, capture_output=True, text=True, check=False
        )

    def deploy(self, overlay: str) -> None:
        """Installs an overlay."""
        done = self.run("deploy", OVERLAY=overlay)
        assert (done.returncode, done.stderr) == (0, "")

    @property
    def names(self) -> set[str]:
        """What is there."""
        return {_name(found) for found in self.read()["objects"]}

    def read(self) -> Json:
        """The whole state."""
        found: Json = json.loads(self.state.read_text())
        return found

    def change(self, **values: object) -> None:
        """Sets parts of the state."""
        self.state.write_text(json.dumps(self.read() | values))


@pytest.fixture
def cluster(kubectl: Path, tmp_path: Path) -> Cluster:
    """A cluster with all that any overlay needs, two gateways, and nothing of ours."""
    made = Cluster(tmp_path / "cluster.json", kubectl)
    kinds = [*KINDS, *CERT_MANAGER, *EVENTING, *MONITORING]
    gateways = [_gateway(name, namespace) for name, namespace in GATEWAYS]
    state = {"objects": gateways, "kinds": kinds, "changes": [], "late": False, "trust": _trust()}
    made.state.write_text(json.dumps(state))
    return made


@pytest.mark.parametrize("path", [*sorted(CONFIG.glob("overlays/*")), CONFIG / "default"], ids=lambda path: path.name)
def test_every_object_has_our_labels(kubectl: Path, path: Path) -> None:
    """What deploy and undeploy go by is on every object of every overlay."""
    objects = rendered(kubectl, str(path.relative_to(CONFIG)))
    labels = {"app.kubernetes.io/part-of": "hookrunner", "app.kubernetes.io/component": "placement"}
    assert [_name(it) for it in objects if not labels.items() <= it["metadata"].get("labels", {}).items()] == []


@pytest.mark.parametrize(
    ("before", "overlay"),
    [("istio", "default"), ("eventing", "default"), ("monitoring", "istio")],
)
def test_nothing_of_another_overlay_stays(cluster: Cluster, before: str, overlay: str) -> None:
    """After a deploy there is what its manifests have, whatever was installed before."""
    others = cluster.names
    cluster.deploy(before)
    cluster.deploy(overlay)
    folder = overlay if overlay == "default" else f"overlays/{overlay}"
    assert cluster.names - others == {_name(found) for found in rendered(cluster.kubectl, folder)}


def test_rivals_go_first(cluster: Cluster) -> None:
    """A SinkBinding takes K_SINK away as it goes, so it goes before the informer's own is applied; a mapping after.

    What served before goes when what is new is trusted too.
    """
    cluster.deploy("eventing")
    cluster.change(changes=[])
    cluster.deploy("istio")
    assert cluster.read()["changes"] == [
        "apply 1 object(s)",
        "delete SinkBinding informer",
        f"apply {len(rendered(cluster.kubectl, 'overlays/istio'))} object(s)",
        "ask whom the webhook trusts",
        "delete DomainMapping kourier.kourier-system.svc",
        "delete ClusterDomainClaim kourier.kourier-system.svc",
        "delete Trigger record-node-removed",
        "delete Trigger record-pod-bound",
        "delete Broker hookrunner",
    ]


def test_what_is_not_ours_stays(cluster: Cluster) -> None:
    """The scaler, an object with an owner, and one without our labels outlast a deploy."""
    labels = {"app.kubernetes.io/part-of": "hookrunner", "app.kubernetes.io/component": "placement"}
    owned = _gateway("mutate-00001", "hookrunner")
    owned["metadata"] |= {"labels": labels, "ownerReferences": [{"kind": "Route", "name": "mutate"}]}
    foreign = [owned, _gateway("theirs", "hookrunner"), *rendered(cluster.kubectl, "scaler")]
    cluster.change(objects=[*cluster.read()["objects"], *foreign])
    cluster.deploy("default")
    assert {_name(it) for it in foreign} <= cluster.names


@pytest.mark.parametrize("overlay", ["istio", "eventing"])
def test_undeploy_leaves_nothing(cluster: Cluster, overlay: str) -> None:
    """A bare undeploy takes all away, whatever the overlay was: the webhook first; again it does nothing."""
    others = cluster.names
    cluster.deploy(overlay)
    cluster.change(changes=[])
    done = cluster.run("undeploy")
    assert (done.returncode, done.stderr, cluster.names) == (0, "", others)
    assert cluster.read()["changes"][0] == "delete MutatingWebhookConfiguration hookrunner"
    assert cluster.run("undeploy").returncode == 0


def test_undeploy_without_knative(cluster: Cluster) -> None:
    """Where Knative went first, what is left of ours still goes."""
    others = cluster.names
    cluster.deploy("default")
    cluster.change(kinds=[line for line in KINDS if "knative" not in line])
    left = [it for it in cluster.read()["objects"] if "knative" not in it["apiVersion"]]
    cluster.change(objects=left)
    done = cluster.run("undeploy")
    assert (done.returncode, done.stderr, cluster.names) == (0, "", others)


@pytest.mark.parametrize(
    ("overlay", "kinds", "says"),
    [
        ("default", KINDS, "the cluster does not know Certificate.cert-manager.io Issuer.cert-manager.io: "),
        ("eventing", [*KINDS, *CERT_MANAGER], "the cluster does not know Broker.eventing.knative.dev SinkBinding."),
        ("any", [*KINDS, *CERT_MANAGER], "the webhook would ask Service gateway in namespace example at port 443, and"),
        ("contour", [*KINDS, *CERT_MANAGER], "the webhook would ask Service envoy in namespace contour-external at"),
        ("base", KINDS, "OVERLAY=base: there is default, any,audit,contour,"),
        ("scaler", KINDS, "OVERLAY=scaler: there is default, any,audit,contour,"),
    ],
    ids=["no cert-manager", "no eventing", "any unedited", "another ingress", "base", "scaler"],
)
def test_refuses_before_it_changes_anything(cluster: Cluster, overlay: str, kinds: list[str], says: str) -> None:
    """What the cluster lacks is told at once, and nothing is applied."""
    cluster.change(kinds=kinds)
    done = cluster.run("deploy", OVERLAY=overlay)
    assert (done.returncode, cluster.read()["changes"]) == (1, [])
    assert done.stderr.startswith(f"deploy: {says}")


def test_refuses_a_gateway_without_tls(cluster: Cluster) -> None:
    """A Service that has no port 443 is no gateway that an API server could ask."""
    cluster.change(objects=[_gateway("kourier", "kourier-system", port=80)])
    done = cluster.run("deploy", OVERLAY="default")
    assert (done.returncode, cluster.read()["changes"]) == (1, [])
    assert done.stderr.startswith(
        "deploy: the webhook would ask Service kourier in namespace kourier-system at port 443"
    )


def test_a_late_deploy_says_where_to_look(cluster: Cluster) -> None:
    """A time-out names the commands that tell why, and prunes nothing: what served before goes on."""
    cluster.deploy("istio")
    cluster.change(late=True)
    done = cluster.run("deploy", OVERLAY="default", TIMEOUT="7s")
    says = (
        "deploy: not ready within 7s. Which, and why: make status; kn service describe mutate --namespace hookrunner "
        "(record and hook likewise); docs/operations.md, Troubleshoot. What served before goes on\n"
    )
    assert (done.returncode, done.stderr) == (1, says)
    assert "DomainMapping istio-ingressgateway.istio-system.svc" in cluster.names


def _trust() -> dict[str, str]:
    """An authority that the webhook trusts, and a certificate by it, good for each gateway."""
    authority = Authority()
    certificate = authority.server(*(f"{name}.{namespace}.svc" for name, namespace in GATEWAYS)).certificate
    texts = {"caBundle": authority.certificate, "tls.crt": certificate}
    return {key: base64.b64encode(text).decode() for key, text in texts.items()}


def _gateway(name: str, namespace: str, port: int = 443) -> Json:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": port}]}}


def _name(found: Json) -> str:
    return f"{found['kind']} {found['metadata']['name']}"
