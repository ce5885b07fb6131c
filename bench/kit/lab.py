"""What a bench gets: the built peers and a folder of its own, and the means to set up what it measures."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.kit import machine
from bench.kit.history import history
from bench.kit.load import Load
from bench.kit.servers import ROOT, Setting, start, wait_listening
from tests.controlplane.pki import Authority
from tests.controlplane.ports import free_port

_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: fake, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: fake, user: {{}}}}]
contexts: [{{name: fake, context: {{cluster: fake, user: fake}}}}]
current-context: fake
"""


@dataclass(frozen=True)
class Lab:
    """The built peers and a folder that is gone afterwards."""

    peers: Path
    folder: Path

    @contextmanager
    def setting(self, keys: int = 10, *, tls: bool = False) -> Iterator[Setting]:
        """A history of `keys` keys as a file and behind a small API server, and a certificate if wanted."""
        data = self.folder / f"history-{keys}.json"
        data.write_bytes(msgspec.json.encode(history(keys)))
        port = free_port()
        kubeconfig = self.folder / f"{port}.kubeconfig"
        kubeconfig.write_text(_KUBECONFIG.format(port=port))
        program: list[str | Path] = [ROOT / ".venv/bin/python", ROOT / "bench/kit/fakeapi.py", str(port), data]
        with ExitStack() as stack:
            log = self.folder / "fakeapi.log"
            wait_listening(port, stack.enter_context(start(program, {}, log, machine.cores()[1])))
            certificate, key = self._certificate() if tls else (None, None)
            yield Setting(self.peers, data, kubeconfig, self.folder, certificate, key)

    def load(self, body: bytes, *, tls: bool = False) -> Load:
        """A load generator that posts `body`."""
        path = self.folder / f"body-{len(body)}.json"
        path.write_bytes(body)
        return Load(self.peers / "load", path, self.folder / "authority.crt" if tls else None)

    def _certificate(self) -> tuple[Path, Path]:
        authority = Authority()
        (self.folder / "authority.crt").write_bytes(authority.certificate)
        return authority.server().write(self.folder, "server")
