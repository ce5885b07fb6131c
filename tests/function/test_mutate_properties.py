"""Whatever stands in the ConfigMap, whatever affinity a pod has: a patch applies, and the pod stays valid."""

import asyncio
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot
from tests.support import reviews
from tests.support.hostile import affinities, configmap_data, node_names
from tests.support.reviews import Case, field_term, hostname_term

PLAIN = json.loads(Case("runner-cache-hostpath", "patched", "41").body())
DNS_1123 = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
METRICS = Metrics(CollectorRegistry())
TERMS = {"field": field_term, "hostname": hostname_term}
MISSING = object()


def answer(data: dict[str, str], review: reviews.Json, form: str, now: float) -> reviews.Json:
    """The decoded answer to a review, with this history."""
    snapshot = Snapshot(data)
    settings = settings_from({"HOOKRUNNER_TERM": form}).placement
    mutate = Mutate(settings, lambda: snapshot, METRICS, clock=lambda: now)
    response = asyncio.run(mutate(Request("POST", "/", [], json.dumps(review).encode())))
    assert response.status == 200
    decoded: reviews.Json = json.loads(response.body)
    return decoded


def check(given: reviews.Json, pod: reviews.Json, form: str) -> None:
    """The rule: allowed; and with a patch, the same pod with terms appended that Kubernetes takes."""
    response = given["response"]
    assert response["allowed"] is True
    if "patch" not in response:
        assert response["auditAnnotations"]["reason"] in {"no-warm-node", "unsafe-patch", "already-preferred"}
        return
    wishes = [wish.rpartition("=") for wish in response["auditAnnotations"]["nodes"].split(",")]
    assert all(DNS_1123.fullmatch(node) and len(node) <= 253 and 1 <= int(weight) <= 100 for node, _, weight in wishes)
    terms = [TERMS[form](node, int(weight)) for node, _, weight in wishes]
    assert reviews.patched_pod(given, pod) == reviews.with_terms(pod, terms)


bare_entries = st.none() | node_names
forms = st.sampled_from(sorted(TERMS))


@given(configmap_data(), bare_entries, affinities | st.just(MISSING), forms, st.integers(0, 2**33))
def test_whatever_stands_there(data: dict[str, str], bare: str | None, affinity: Any, form: str, now: int) -> None:  # noqa: ANN401 - any JSON value
    """Hostile data, mostly with a good node among it, any affinity, either form, at any time."""
    review = json.loads(json.dumps(PLAIN))
    pod = review["request"]["object"]
    del pod["spec"]["affinity"]
    if affinity is not MISSING:
        pod["spec"]["affinity"] = affinity
    known = data if bare is None else {**data, "41": bare}
    check(answer(known, review, form, float(now)), pod, form)


def test_ten_thousand_keys() -> None:
    """A ConfigMap with 10,000 keys, half of them unreadable, is read as any other."""
    data = {str(key): "node-3" if key % 2 else "NO NODE" for key in range(10_000)}
    data |= {f"_warm.{key}": '{"node-7":"2026-11-24T09:00:00Z"' + "}" * (key % 3 != 0) for key in range(10_000)}
    given = answer(data, PLAIN, "field", reviews.NOW)
    assert given["response"]["auditAnnotations"] == {"reason": "patched", "key": "41", "nodes": "node-7=100,node-3=95"}
    check(given, PLAIN["request"]["object"], "field")
