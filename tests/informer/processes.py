"""The informer as a process of its own, to be killed."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.controlplane.processes import Process
from tests.controlplane.readiness import http_ready
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]


class InformerProcess(Process):
    """`python -m informer` against a kubeconfig and a sink; `more` are further settings."""

    def __init__(self, kubeconfig: Path, sink: str, lease: str, log: Path, identity: str = "one", **more: str) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        environ = {
            "PYTHONPATH": str(ROOT),
            "K_SINK": sink,
            "HOOKRUNNER_LEASE": lease,
            "HOOKRUNNER_IDENTITY": identity,
            "HOOKRUNNER_INFORMER_PORT": str(self._port),
            **more,
        }
        words = [f"{name}={value}" for name, value in environ.items()]
        command = ["/usr/bin/env", *words, sys.executable, "-m", "informer", "--kubeconfig", str(kubeconfig)]
        super().__init__(f"informer {identity}", command, log, http_ready(f"{self.url}/health/liveness", True))

    def metric(self, name: str) -> float:
        """The value of a metric, written as Prometheus does, with labels; 0 if there is none yet."""
        for line in self._answer("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def get(self, path: str) -> int:
        """The status of an answer."""
        return self._answer(path).status_code

    def _answer(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", trust_env=False, timeout=PATIENCE_SECONDS)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it for a while, as a machine that swaps does."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def terminate(self) -> None:
        """End it with SIGTERM, and wait until it has ended."""
        os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: not self.is_running(), f"{self.name} ended")
