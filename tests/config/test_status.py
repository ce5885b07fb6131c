"""make status when it is needed most: parts are missing, and it tells of each, and of the rest."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.config.rendering import ROOT, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.programs import Programs

pytestmark = pytest.mark.controlplane

MISSING = """\
functions
  NAME   READY   REVISION
  mutate   True    mutate-00001
  record   False   record-00001
  ! record is not ready: kn service describe record --namespace hookrunner
  ! hook is not ready: kn service describe hook --namespace hookrunner
informer
  0 of 0 ready, leader nobody
  ! no replica is ready: kubectl describe deployment informer --namespace hookrunner
history
  0 entries
webhook
  by gateway.test-gateway.svc, DomainMapping ready: there is none
  ! kubectl describe domainmapping gateway.test-gateway.svc --namespace hookrunner, or make deploy
  ! there is no certificate in the Secret hookrunner-tls: docs/operations.md, Troubleshoot
  ! there is no certificate in the Secret hookrunner-ca: docs/operations.md, Troubleshoot
  ! the webhook does not trust the certificate for gateway.test-gateway.svc: docs/operations.md, Troubleshoot
"""


@pytest.fixture(scope="module")
def kubectl(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubectl of an API server that knows Knative's Service and DomainMapping, and nothing of ours."""
    with ControlPlane(programs, tmp_path_factory.mktemp("status")) as made:
        command = f"{programs.path('kubectl')} --kubeconfig {made.kubeconfig()}"
        _apply(
            command, _definition("services", "Service", ["ksvc"]), _definition("domainmappings", "DomainMapping", [])
        )
        _run(f"{command} wait --for=condition=Established --timeout=60s crd --all")
        yield command


def test_nothing_is_there(kubectl: str) -> None:
    """Without the webhook there is one line."""
    done = _status(kubectl)
    says = "status: Hookrunner is not in this cluster: make deploy\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", says)


def test_what_is_missing(kubectl: str) -> None:
    """One function is not ready, one not there; no informer, mapping nor certificate: each is told, and the rest."""
    _apply(kubectl, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hookrunner"}}, _WEBHOOK)
    _apply(kubectl, _function("mutate", "True"), _function("record", "False"))
    done = _status(kubectl)
    assert (done.returncode, done.stderr, done.stdout) == (1, "", MISSING)


_WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingWebhookConfiguration",
    "metadata": {"name": "hookrunner"},
    "webhooks": [
        {
            "name": "mutate.hookrunner.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "clientConfig": {"service": {"name": "gateway", "namespace": "test-gateway"}},
        }
    ],
}


def _function(name: str, ready: str) -> Json:
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "hookrunner"},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "latestReadyRevisionName": f"{name}-00001",
        },
    }


def _definition(plural: str, kind: str, short: list[str]) -> Json:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.serving.knative.dev"},
        "spec": {
            "group": "serving.knative.dev",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "shortNames": short},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def _apply(kubectl: str, *objects: Json) -> None:
    _run(f"{kubectl} apply -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def _run(command: str, text: str = "") -> None:
    done = subprocess.run(command.split(), input=text, text=True, capture_output=True, check=False)
    assert not done.returncode, done.stderr


def _status(kubectl: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "status.sh"
    return subprocess.run([script], env=os.environ | {"KUBECTL": kubectl}, capture_output=True, text=True, check=False)
