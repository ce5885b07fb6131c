"""Tokens of the informer's ServiceAccount, also such as the API server would not issue: good for two seconds more."""

import base64
import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.faults.world import OURS
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.namespaces import create_service_account

AUDIENCE = "hookrunner-record"
ACCOUNT = "informer"
OTHER = "somebody-else"
_LEEWAY_SECONDS = 60
"""For how long after its end the API server still takes a token: the leeway of go-jose, which it checks them with."""


class Tokens:
    """Issues them, and puts one into the file that the informer reads, as the kubelet would."""

    def __init__(self, plane: ControlPlane, file: Path) -> None:
        self._plane = plane
        self._file = file
        create_service_account(plane.kube, OURS, OTHER)

    def give(self, token: str) -> None:
        """Replaces the informer's token."""
        new = self._file.with_suffix(".new")
        new.write_text(token)
        new.replace(self._file)

    def issue(self, account: str = ACCOUNT, audience: str = AUDIENCE) -> str:
        """A token, as the API server issues it."""
        return self._plane.token(OURS, account, audience)

    def short(self, seconds: int) -> str:
        """A token that the API server takes no longer. It issues none under ten minutes, so this one is signed here."""
        head, payload, _ = self.issue().split(".")
        claims = {**json.loads(_decoded(payload)), "exp": int(time.time()) + seconds - _LEEWAY_SECONDS}
        signed = f"{head}.{_encoded(json.dumps(claims).encode())}"
        return f"{signed}.{_encoded(self._signature(signed.encode()))}"

    def _signature(self, data: bytes) -> bytes:
        key = load_pem_private_key((self._plane.folder / "service-accounts.key").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        numbers = decode_dss_signature(key.sign(data, ECDSA(SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
