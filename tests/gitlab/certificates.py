"""A certificate authority for the fake GitLab, and servers' certificates that it signed: good ones and expired ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.gitlab.server import Identity

_NAMES = ("localhost", "127.0.0.1")


class Authority:
    """A CA of its own, with its files in `folder`: who trusts another Authority's does not trust this one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        """The CA's certificate, for clients that are to trust it."""
        self._ca.cert_pem.write_to_path(self.file)

    def good(self) -> Identity:
        """Return a certificate for loopback that is valid now."""
        return self._write("good", self._ca.issue_cert(*_NAMES))

    def expired(self) -> Identity:
        """Return a certificate for loopback that ran out yesterday."""
        now = datetime.now(UTC)
        ago = self._ca.issue_cert(*_NAMES, not_before=now - timedelta(days=30), not_after=now - timedelta(days=1))
        return self._write("expired", ago)

    def other_host(self) -> Identity:
        """Return a certificate for another host."""
        return self._write("other-host", self._ca.issue_cert("gitlab.example.com"))

    def _write(self, name: str, leaf: trustme.LeafCert) -> Identity:
        identity = Identity(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        for number, pem in enumerate(leaf.cert_chain_pems):
            pem.write_to_path(identity.certificate, append=number > 0)
        leaf.private_key_pem.write_to_path(identity.key)
        return identity
