"""Row 8: connections that idle between reviews, as the API server's do, are still good for the next one."""

import base64

import pytest

from tests.e2e import disruption, inside
from tests.e2e.cluster import ROOT, Cluster

pytestmark = pytest.mark.e2e

PAUSES = "4,5,6,65"
CONNECTIONS, ROUNDS = 50, 4


def test_no_call_fails(installed: Cluster) -> None:
    """Reviews 4, 5, 6 and 65 s apart through the gateway, on 50 connections each, four rounds: no call fails."""
    service = disruption.service(installed)
    files = {
        "ca.crt": base64.b64decode(disruption.webhook(installed)["clientConfig"]["caBundle"]).decode(),
        "review.json": (ROOT / "tests" / "data" / "reviews" / "runner-cache-hostpath.json").read_text(),
    }
    args = ("--host", f"{service['name']}.{service['namespace']}.svc", "--ca", "/e2e/ca.crt")
    more = ("--review", "/e2e/review.json", "--pauses", PAUSES)
    counts = ("--connections", str(CONNECTIONS), "--rounds", str(ROUNDS))
    outcome = inside.start(installed, "idle", *args, *more, *counts, files=files).result(600)
    calls = CONNECTIONS * (ROUNDS + 1)
    assert outcome == {f"{float(pause)}": {"calls": calls, "failed": []} for pause in PAUSES.split(",")}
