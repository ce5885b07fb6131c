"""config/certs/generate.sh on a real API server: what is served and what is trusted, at every step of a rotation."""

import base64
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.config.rendering import CONFIG
from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.programs import Programs

pytestmark = pytest.mark.controlplane

HOST = "gateway.test-gateway.svc"
WEBHOOK = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hookrunner"
TLS = "/api/v1/namespaces/hookrunner/secrets/hookrunner-tls"
Run = Callable[[str], "State"]


@dataclass(frozen=True)
class State:
    """What the cluster holds: the bundle that the webhook trusts, the certificate, and when each was written."""

    bundle: str
    certificate: str
    bundle_version: int
    certificate_version: int


@pytest.fixture
def run(programs: Programs, tmp_path: Path) -> Iterator[Run]:
    """Runs the script on a cluster of the test's own: it works in one namespace, of a fixed name."""
    with ControlPlane(programs, tmp_path) as cluster:
        path, name = WEBHOOK.rsplit("/", 1)
        cluster.kube.create("/api/v1/namespaces", {"metadata": {"name": "hookrunner"}})
        cluster.kube.create(path, _webhook(name))
        kubectl = f"{programs.path('kubectl')} --kubeconfig {cluster.kubeconfig()}"

        def call(command: str) -> State:
            environ = os.environ | {"KUBECTL": kubectl, "HOST": HOST, "SETTLE": "0"}
            script = [str(CONFIG / "certs" / "generate.sh"), command]
            done = subprocess.run(script, env=environ, capture_output=True, text=True, check=False)
            assert not done.returncode, done.stderr
            return _state(cluster.kube)

        yield call


def test_again_changes_nothing(run: Run) -> None:
    """The first install makes an authority and a certificate by it; the second finds them good."""
    first = run("install")
    assert (first.bundle.count("BEGIN"), _trusts(first.bundle, first.certificate)) == (1, True)
    assert run("install") == first


def test_renewal_keeps_the_authority(run: Run) -> None:
    """A renewed certificate is another, by the authority that is trusted already."""
    before, after = run("install"), run("renew")
    assert (after.bundle, after.certificate != before.certificate) == (before.bundle, True)
    assert _trusts(after.bundle, after.certificate)


def test_rotation(run: Run) -> None:
    """A new authority is trusted beside the old one before its certificate is there; the old one goes when told."""
    before, rotated, after = run("install"), run("rotate"), run("forget")

    assert rotated.bundle_version < rotated.certificate_version
    assert rotated.bundle.count("BEGIN") == 2
    assert _trusts(rotated.bundle, before.certificate)
    assert _trusts(rotated.bundle, rotated.certificate)

    assert (after.bundle.count("BEGIN"), after.certificate) == (1, rotated.certificate)
    assert _trusts(after.bundle, after.certificate)
    assert not _trusts(after.bundle, before.certificate)


def _state(kube: Kube) -> State:
    webhook, secret = kube.get(WEBHOOK), kube.get(TLS)
    return State(
        bundle=base64.b64decode(webhook["webhooks"][0]["clientConfig"]["caBundle"]).decode(),
        certificate=base64.b64decode(secret["data"]["tls.crt"]).decode(),
        bundle_version=int(webhook["metadata"]["resourceVersion"]),
        certificate_version=int(secret["metadata"]["resourceVersion"]),
    )


def _trusts(bundle: str, certificate: str) -> bool:
    """Whether who trusts `bundle` takes `certificate` for HOST, by openssl's word."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bundle").write_text(bundle)
        (folder / "certificate").write_text(certificate)
        files = (str(folder / "bundle"), str(folder / "certificate"))
        command = ["openssl", "verify", "-verify_hostname", HOST, "-CAfile", *files]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _webhook(name: str) -> dict[str, object]:
    service = {"name": "gateway", "namespace": "test-gateway"}
    return {
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "mutate.hookrunner.dev",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {"service": service},
            }
        ],
    }
