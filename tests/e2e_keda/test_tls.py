"""Mutual TLS between real KEDA and the scaler."""

import pytest
import trustme

from tests.e2e_keda.install import install, secret
from tests.e2e_keda.kube import METADATA, NAMESPACE, apply, items, replicas, stays, wait_for
from tests.e2e_keda.world import World, deployment, scaled_object

pytestmark = pytest.mark.e2e

NAME = "secret"


def test_mutual_tls(world: World) -> None:
    """With certificates of one CA KEDA scales; a trigger that shows none, or another CA's, gets no answer."""
    ours, theirs = trustme.CA(), trustme.CA()
    server = ours.issue_cert("scaler.hookrunner.svc.cluster.local")
    secret("hookrunner-scaler-tls", "hookrunner", _files(ours, server))
    install("scaler-mtls")
    project = world.project(NAME)
    world.gitlab.instance.add_jobs(project, 3)
    for name, own in (("trusted", ours.issue_cert("keda")), ("stranger", theirs.issue_cert("keda"))):
        secret(name, NAMESPACE, _files(ours, own))
        trigger = world.trigger("external", project) | {"authenticationRef": {"name": name}}
        apply(_authentication(name), deployment(name), scaled_object(name, trigger, polling=5))
    wait_for("KEDA with our certificate: three managers", lambda: replicas("trusted") == 3)
    stays("with another CA's: none", lambda: replicas("stranger") == 0, 15)
    assert [event for event in items("events") if event["involvedObject"]["name"] == "stranger"] != []


def _files(ca: trustme.CA, own: trustme.LeafCert) -> dict[str, str]:
    return {
        "ca.crt": ca.cert_pem.bytes().decode(),
        "tls.crt": own.cert_chain_pems[0].bytes().decode(),
        "tls.key": own.private_key_pem.bytes().decode(),
    }


def _authentication(name: str) -> dict[str, object]:
    """As config/examples/tls.yaml has it."""
    keys = {"caCert": "ca.crt", "tlsClientCert": "tls.crt", "tlsClientKey": "tls.key"}
    references = [{"parameter": parameter, "name": name, "key": key} for parameter, key in keys.items()]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": name, **METADATA},
        "spec": {"secretTargetRef": references},
    }
