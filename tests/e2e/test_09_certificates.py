"""Certificates live: a new one is served and trusted without a restart, and without one refused or un-hinted pod."""

import os
import subprocess

import pytest

from tests.e2e import disruption, load
from tests.e2e.cluster import ROOT, Cluster
from tests.e2e.pods import remember, runner_pod, terms
from tests.e2e.steps import say, wait_for

pytestmark = pytest.mark.e2e

COUNT, RATE = 600, 5.0


def test_rotation_under_load(installed: Cluster, runner: str) -> None:
    """While pods are created, the certificate is renewed, the authority rotated, and the old one forgotten."""
    remember(installed, runner, "node-a")
    wait_for(
        "ten hints in a row", lambda: all(terms(installed.dry_run(runner_pod(runner, bound=False))) for _ in "x" * 10)
    )
    before = disruption.webhook(installed)["clientConfig"]["caBundle"]

    def happens() -> None:
        for command in ("renew", "rotate", "forget"):
            say(f"  generate.sh {command}")
            _generate(installed, command)

    outcome = load.during(installed, runner, COUNT, RATE, happens)
    outcome.tell()
    assert disruption.webhook(installed)["clientConfig"]["caBundle"] != before
    assert (outcome.statuses, outcome.unhinted) == ({201: COUNT}, 0)


def test_status_tells_what_ends_when(installed: Cluster) -> None:
    """`make status` names both ends and says that the webhook trusts what is served."""
    said = installed.make("status")
    assert "tls.crt until " in said
    assert "ca.crt until " in said
    assert "and the webhook trusts it" in said


def _generate(cluster: Cluster, command: str) -> None:
    service = disruption.service(cluster)
    environ = os.environ | {"HOST": f"{service['name']}.{service['namespace']}.svc"}
    subprocess.run([str(ROOT / "config/certs/generate.sh"), command], env=environ, check=True, capture_output=True)
