"""Certificates live: a new one is served and trusted without a restart, and without one refused or un-hinted pod."""

import datetime as dt
import json
import os
import subprocess
from functools import partial

import pytest

from tests.e2e import disruption, load
from tests.e2e.cluster import NAMESPACE, ROOT, Cluster, CommandError, Json
from tests.e2e.pods import remember, runner_pod, terms
from tests.e2e.steps import say, wait_for

pytestmark = pytest.mark.e2e

COUNT, RATE = 600, 5.0


def test_rotation_under_load(installed: Cluster, runner: str) -> None:
    """While pods are created, certificate and authority are renewed, by cert-manager or by the script."""
    remember(installed, runner, "node-a")
    wait_for(
        "ten hints in a row", lambda: all(terms(installed.dry_run(runner_pod(runner, bound=False))) for _ in "x" * 10)
    )
    rotate = _by_cert_manager if _has_cert_manager(installed) else _by_script
    before = disruption.webhook(installed)["clientConfig"]["caBundle"], _served(installed)
    running = _running(installed)

    outcome = load.during(installed, runner, COUNT, RATE, lambda: rotate(installed))
    outcome.tell()
    after = disruption.webhook(installed)["clientConfig"]["caBundle"], _served(installed)
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True]
    assert (outcome.statuses, outcome.unhinted) == ({201: COUNT}, 0)
    assert _running(installed) == running


def test_status_tells_what_ends_when(installed: Cluster) -> None:
    """`make status` names both ends and says that the webhook trusts what is served."""
    said = installed.make("status")
    assert "tls.crt until " in said
    assert "ca.crt until " in said
    assert "and the webhook trusts it" in said


def _has_cert_manager(cluster: Cluster) -> bool:
    """Whether cert-manager sees to the certificates: there is its kind, and an object of it."""
    if not cluster.kubectl("get", "crd", "certificates.cert-manager.io", "--ignore-not-found", "-o", "name"):
        return False
    args = ("get", "certificates.cert-manager.io", "hookrunner-tls", "--namespace", NAMESPACE)
    return bool(cluster.kubectl(*args, "--ignore-not-found", "-o", "name"))


def _by_script(cluster: Cluster) -> None:
    service = disruption.service(cluster)
    environ = os.environ | {"HOST": f"{service['name']}.{service['namespace']}.svc"}
    for command in ("renew", "rotate", "forget"):
        wait_for(f"generate.sh {command}", partial(_generate, command, environ))


def _generate(command: str, environ: dict[str, str]) -> bool:
    """Whether it is done: forget is not while the gateway, where it can be asked, still serves the old certificate."""
    script = [str(ROOT / "config/certs/generate.sh"), command]
    done = subprocess.run(script, env=environ, capture_output=True, text=True, check=False)
    if "does not serve a certificate by the new authority yet" in done.stderr:
        return False
    if done.returncode:
        raise CommandError(f"generate.sh {command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return True


def _by_cert_manager(cluster: Cluster) -> None:
    """The certificate, the authority (its key stays, and cainjector writes it into the webhook), and by it another."""
    bundle = disruption.webhook(cluster)["clientConfig"]["caBundle"]
    _renew(cluster, "hookrunner-tls")
    _renew(cluster, "hookrunner-ca")
    wait_for(
        "the new authority in the webhook", lambda: disruption.webhook(cluster)["clientConfig"]["caBundle"] != bundle
    )
    _renew(cluster, "hookrunner-tls")


def _renew(cluster: Cluster, name: str) -> None:
    """What `cmctl renew` does: the condition Issuing, for cert-manager to act on; then another certificate is there."""
    say(f"  cert-manager renews {name}")
    before = _secret(cluster, name)
    certificate = cluster.get("certificates.cert-manager.io", name)
    patch = json.dumps({"status": {"conditions": _issuing(certificate, dt.datetime.now(dt.UTC))}})
    args = ("patch", "certificates.cert-manager.io", name, "--namespace", NAMESPACE, "--subresource=status")
    cluster.kubectl(*args, "--type=merge", "--patch", patch)
    wait_for("another certificate", lambda: _secret(cluster, name) != before)


def _issuing(certificate: Json, now: dt.datetime) -> list[Json]:
    """The certificate's conditions, with Issuing: a merge patch replaces the whole list."""
    issuing = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "make e2e renews it",
        "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "observedGeneration": certificate["metadata"]["generation"],
    }
    return [*(it for it in certificate["status"]["conditions"] if it["type"] != "Issuing"), issuing]


def _served(cluster: Cluster) -> str:
    return _secret(cluster, "hookrunner-tls")


def _secret(cluster: Cluster, name: str) -> str:
    certificate: str = cluster.get("secret", name)["data"]["tls.crt"]
    return certificate


def _running(cluster: Cluster) -> dict[str, int]:
    """How often each pod of mutate and of the gateway has restarted, by uid."""
    gateway = cluster.items("pods", namespace=disruption.service(cluster)["namespace"])
    return {pod["metadata"]["uid"]: _restarts(pod) for pod in [*cluster.serving_pods("mutate"), *gateway]}


def _restarts(pod: Json) -> int:
    return sum(it["restartCount"] for it in pod["status"].get("containerStatuses", []))
