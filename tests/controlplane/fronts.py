"""TLS fronts: an https URL that the API server trusts, for a plain HTTP server on loopback."""

import sys
from pathlib import Path

from tests.controlplane.pki import Authority
from tests.controlplane.processes import Process
from tests.controlplane.readiness import port_ready
from tests.support.ports import free_port

_PROGRAM = Path(__file__).with_name("tls_front.py")


class TlsFront:
    """One front for the HTTP server on `target` (a port of 127.0.0.1), which need not listen yet.

    `process` is to be killed, paused and started again by tests of failures.
    """

    def __init__(self, authority: Authority, target: int, folder: Path) -> None:
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        name = f"tls-front-{port}"
        certificate, key = authority.server().write(folder, name)
        ports: list[str | Path] = ["--listen", str(port), "--target", str(target)]
        command: list[str | Path] = [sys.executable, "-I", "-S", _PROGRAM, *ports]
        command += ["--certificate", certificate, "--key", key]
        self.process = Process(name, command, folder / f"{name}.log", port_ready(port))
