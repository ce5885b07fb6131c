"""scripts/authority.sh on a real API server: an authority that goes over to cert-manager or to the script; trust."""

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.config.rendering import ROOT, Json
from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.pki import Authority
from tests.controlplane.programs import Programs

pytestmark = pytest.mark.controlplane

SECRETS = "/api/v1/namespaces/hookrunner/secrets"
SECRET = f"{SECRETS}/hookrunner-ca"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
HOST = "gateway.test-gateway.svc"
OURS, BEFORE, FOREIGN = Authority(), Authority(), Authority()
NAMED = {"cert-manager.io/certificate-name": "hookrunner-ca"}
SCRIPT = {"tls.crt": "new", "tls.key": "key", "bundle.crt": "new and old"}
CERT_MANAGER = {"tls.crt": "new", "tls.key": "key", "ca.crt": "new"}


@dataclass(frozen=True)
class Cluster:
    """An API server, and the kubectl that reaches it."""

    kube: Kube
    kubectl: str


@pytest.fixture(scope="module")
def server(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with our namespace, and the webhook, which trusts OURS, and BEFORE still, as cainjector does it."""
    with ControlPlane(programs, tmp_path_factory.mktemp("authority")) as made:
        made.kube.create("/api/v1/namespaces", {"metadata": {"name": "hookrunner"}})
        made.kube.create(WEBHOOKS, _webhook(BEFORE.certificate + OURS.certificate))
        yield Cluster(made.kube, f"{programs.path('kubectl')} --kubeconfig {made.kubeconfig()}")


@pytest.fixture
def cluster(server: Cluster) -> Iterator[Cluster]:
    """The same, without Secrets of ours before and after."""
    yield server
    server.kube.delete(SECRETS)


@pytest.mark.parametrize(
    ("give", "before", "annotations", "after"),
    [
        ("give_to_cert_manager", SCRIPT, NAMED, CERT_MANAGER),
        ("give_to_cert_manager", CERT_MANAGER, {}, CERT_MANAGER),
        ("give_to_script", CERT_MANAGER, {}, CERT_MANAGER | {"bundle.crt": "new"}),
        ("give_to_script", SCRIPT, {}, SCRIPT),
    ],
    ids=["to cert-manager", "cert-manager's already", "to the script", "the script's already"],
)
def test_goes_over(
    cluster: Cluster, give: str, before: dict[str, str], annotations: dict[str, str], after: dict[str, str]
) -> None:
    """The key and the certificate stay; what marks the Secret as the one's or the other's changes."""
    cluster.kube.create(SECRETS, _secret(before))
    done = _run(cluster.kubectl, give)
    found = cluster.kube.get(SECRET)
    assert (done.returncode, done.stderr) == (0, "")
    assert (found["metadata"].get("annotations", {}), found["data"]) == (annotations, _encoded(after))


@pytest.mark.parametrize("give", ["give_to_cert_manager", "give_to_script"])
def test_there_is_none(cluster: Cluster, give: str) -> None:
    """Before the first install there is nothing to give, and nothing is said."""
    done = _run(cluster.kubectl, give)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("signer", "name", "trusted"),
    [(OURS, HOST, True), (BEFORE, HOST, True), (FOREIGN, HOST, False), (OURS, "other.test-gateway.svc", False)],
    ids=["trusted", "trusted still", "by another authority", "for another name"],
)
def test_is_trusted(cluster: Cluster, signer: Authority, name: str, trusted: bool) -> None:
    """The webhook trusts what is served if it is for the gateway's name, by one of the authorities that it knows."""
    certificate = signer.server(name).certificate.decode()
    cluster.kube.create(SECRETS, _secret({"tls.crt": certificate}, "hookrunner-tls"))
    assert _is_trusted(cluster) == trusted


def test_nothing_to_trust(cluster: Cluster) -> None:
    """Before cert-manager has made a certificate, it is not trusted."""
    assert not _is_trusted(cluster)


def test_nobody_tells_the_webhook() -> None:
    """Where cainjector does not run, it ends after its tries, and says what that means."""
    done = _run("true", "sleep() { :; }; need_trust host")
    says = (
        "deploy: cert-manager's cainjector does not tell the webhook whom to trust: does it run? Its log says "
        "why. Until it does, pods are created without a hint\n"
    )
    assert (done.returncode, done.stderr) == (1, says)


def _is_trusted(cluster: Cluster) -> bool:
    return _run(cluster.kubectl, f"is_trusted {HOST}").returncode == 0


def _run(kubectl: str, command: str) -> subprocess.CompletedProcess[str]:
    text = f"set -euo pipefail; . scripts/common.sh; . scripts/authority.sh; {command}"
    environ = os.environ | {"KUBECTL": kubectl}
    return subprocess.run(
        ["bash", "-c", text, "deploy"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def _secret(data: dict[str, str], name: str = "hookrunner-ca") -> Json:
    return {"metadata": {"name": name}, "data": _encoded(data)}


def _webhook(authorities: bytes) -> Json:
    service = {"name": "gateway", "namespace": "test-gateway"}
    hook = {
        "name": "mutate.hookrunner.dev",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": service, "caBundle": _base64(authorities.decode())},
    }
    return {"metadata": {"name": "hookrunner"}, "webhooks": [hook]}


def _encoded(data: dict[str, str]) -> dict[str, str]:
    return {key: _base64(value) for key, value in data.items()}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
