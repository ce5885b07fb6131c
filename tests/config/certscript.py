"""config/certs/generate.sh against a kubectl of files, with real openssl: what it wrote, in which order."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.config.rendering import CONFIG

HOST = "gateway.test-gateway.svc"
CA, TLS, WEBHOOK, SETTLED = "hookrunner-ca", "hookrunner-tls", "webhook", "sleep 10"
_FAKE = Path(__file__).with_name("kubectl_for_certs.py")
_PYTHON = f"{sys.executable} -I -S"
"""Without site-packages: it starts in a third of the time, and is started some ten times by each command."""


@dataclass(frozen=True)
class Step:
    """What was written, and what the cluster then held, PEM: the bundle that the webhook trusts, the certificate."""

    written: str
    bundle: str
    certificate: str

    @property
    def is_served_and_trusted(self) -> bool:
        """Whether the webhook trusts the certificate for HOST."""
        return verifies(self.bundle, self.certificate)


@dataclass(frozen=True)
class Done:
    """How the script ended: its status, what it said, and what it wrote."""

    status: int
    said: str
    steps: list[Step]

    @property
    def written(self) -> list[str]:
        """What was written, in order, and where it waited."""
        return [step.written for step in self.steps]


class Script:
    """Runs the script on a cluster in `folder`, which has a webhook that trusts nothing yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._secrets, self._history, self._fails = folder / "secrets", folder / "history", folder / "fails"
        self.webhook = folder / "webhook"
        self._sleep = folder / "bin" / "sleep"

    def prepare(self) -> None:
        """Makes the cluster."""
        for made in (self._secrets, self._history, self._sleep.parent):
            made.mkdir()
        self.webhook.write_text("")
        self._sleep.write_text(f'#!/bin/sh\nexec {_PYTHON} {_FAKE} sleep "$1"\n')
        self._sleep.chmod(0o755)

    def run(self, command: str, fails: str = "", **settings: str) -> Done:
        """Runs one command; calls of kubectl whose arguments match `fails` are refused."""
        if fails:
            self._fails.write_text(fails)
        before = len(self._steps())
        path = f"{self._sleep.parent}:{os.environ['PATH']}"
        fake = {"KUBECTL": f"{_PYTHON} {_FAKE}", "FAKE_KUBECTL": str(self.folder), "PATH": path}
        environ = os.environ | fake | {"HOST": HOST, "GATEWAY": "127.0.0.1:1"} | settings
        script = [str(CONFIG / "certs" / "generate.sh"), command]
        done = subprocess.run(script, env=environ, capture_output=True, text=True, check=False)
        self._fails.unlink(missing_ok=True)
        return Done(done.returncode, done.stdout + done.stderr, self._steps()[before:])

    def secret(self, name: str) -> dict[str, str]:
        """A Secret's data, decoded; empty if there is none."""
        file = self._secrets / name
        return _decoded(json.loads(file.read_text())) if file.exists() else {}

    def put(self, name: str, data: dict[str, str]) -> None:
        """Writes a Secret, as somebody else would."""
        text = json.dumps({key: base64.b64encode(value.encode()).decode() for key, value in data.items()})
        (self._secrets / name).write_text(text)

    def _steps(self) -> list[Step]:
        return [_step(json.loads(file.read_text())) for file in sorted(self._history.iterdir())]


def verifies(bundle: str, certificate: str) -> bool:
    """Whether who trusts `bundle` takes `certificate` for HOST, by openssl's word."""
    script = 'openssl verify -verify_hostname "$1" -CAfile <(echo "$2") <(echo "$3")'
    command = ["bash", "-c", script, "verify", HOST, bundle, certificate]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _step(state: dict[str, dict[str, dict[str, str]]]) -> Step:
    bundle = base64.b64decode(str(state["webhook"])).decode()
    return Step(str(state["written"]), bundle, _decoded(state["secrets"].get(TLS, {})).get("tls.crt", ""))


def _decoded(data: dict[str, str]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
