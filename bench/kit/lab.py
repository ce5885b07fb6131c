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
from tests.support.ports import free_port


@dataclass(frozen=True)
class Lab:
    """The built peers and a folder that is gone afterwards."""

    peers: Path
    folder: Path

    @contextmanager
    def setting(self, keys: int = 10, *, tls: bool = False) -> Iterator[Setting]:
        """A history of `keys` keys as a file and behind a small API server, and a certificate if wanted.

        The functions reach that server as they reach a real one in a pod: with a ServiceAccount.
        """
        data = self.folder / f"history-{keys}.json"
        data.write_bytes(msgspec.json.encode(history(keys)))
        port = free_port()
        pair = self._certificate()
        source = ROOT / "bench/kit/fakeapi.py"
        program: list[str | Path] = [ROOT / ".venv/bin/python", source, str(port), data, *pair]
        pod = {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(port),
            "HOOKRUNNER_SERVICE_ACCOUNT": str(self.folder),
        }
        with ExitStack() as stack:
            log = self.folder / "fakeapi.log"
            wait_listening(port, stack.enter_context(start(program, {}, log, machine.cores()[1])))
            certificate, key = pair if tls else (None, None)
            yield Setting(self.peers, data, pod, self.folder, certificate, key)

    def load(self, body: bytes, *, tls: bool = False) -> Load:
        """A load generator that posts `body`."""
        path = self.folder / f"body-{len(body)}.json"
        path.write_bytes(body)
        return Load(self.peers / "load", path, self.folder / "ca.crt" if tls else None)

    def _certificate(self) -> tuple[Path, Path]:
        authority = Authority()
        (self.folder / "ca.crt").write_bytes(authority.certificate)
        (self.folder / "token").write_text("of-a-service-account")
        return authority.server().write(self.folder, "server")
