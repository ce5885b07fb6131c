"""A certificate authority of our own, in memory; only what a program reads is written down.

trustme, not the openssl command: nothing to install, and a certificate takes a millisecond.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write `name`.crt and `name`.key, the key for its owner only; return both paths."""
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(self.certificate)
        key.touch(mode=0o600)
        key.write_bytes(self.key)
        return certificate, key


class Authority:
    """Signs the servers and the users of one control plane."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM: a webhook's caBundle, a kubeconfig's authority."""
        return self._ca.cert_pem.bytes()

    def server(self, *names: str) -> Pair:
        """Sign a server's certificate; `names` are DNS names and addresses (default: loopback's)."""
        return _pair(self._ca.issue_cert(*(names or ("127.0.0.1", "localhost"))))

    def user(self, name: str, group: str | None = None) -> Pair:
        """Sign a client certificate: Kubernetes reads the user of CN and the group of O."""
        # Without a name trustme adds an empty SAN, which Go refuses ("unhandled critical extension").
        return _pair(self._ca.issue_cert("user.test", common_name=name, organization_name=group))

    def client_context(self, folder: Path, pair: Pair | None = None) -> ssl.SSLContext:
        """Return a context that trusts this authority only and shows `pair`, by way of files in `folder`."""
        context = ssl.create_default_context(cadata=self.certificate.decode())
        if pair:
            context.load_cert_chain(*pair.write(folder, "client"))
        return context


def _pair(leaf: trustme.LeafCert) -> Pair:
    return Pair(b"".join(part.bytes() for part in leaf.cert_chain_pems), leaf.private_key_pem.bytes())
