"""What tests ask of etcd directly, by its JSON gateway."""

import base64

import httpx

_ANY_KEY = base64.b64encode(b"\0").decode()


def compact(url: str) -> int:
    """Forget every revision before the present one, and return that."""
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as etcd:
        answer = etcd.post("/v3/kv/range", json={"key": _ANY_KEY}).raise_for_status().json()
        revision = answer["header"]["revision"]
        etcd.post("/v3/kv/compaction", json={"revision": revision, "physical": True}).raise_for_status()
    return int(revision)
