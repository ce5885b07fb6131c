"""Kubeconfig files that need nothing else: certificates and tokens are inside."""

import base64
import json
from pathlib import Path

from tests.controlplane.pki import Pair


def write_kubeconfig(path: Path, server: str, authority: bytes, user: dict[str, str]) -> Path:
    """Write a kubeconfig for one `user` (see `certificate_user`, `token_user`) and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority-data": _base64(authority)}}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
    return path


def certificate_user(pair: Pair) -> dict[str, str]:
    """Return a user who shows a client certificate."""
    return {
        "client-certificate-data": _base64(pair.certificate),
        "client-key-data": _base64(pair.key),
    }


def token_user(token: str) -> dict[str, str]:
    """Return a user who shows a bearer token."""
    return {"token": token}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
