"""What the scaler's benches share: a fake GitLab, and a scaler process on the server's core."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.kit.lab import Lab
from bench.kit.servers import start
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Project
from tests.gitlab.server import serve
from tests.support.ports import free_port

BUDGET = 480
"""Calls a minute that a credential may make by default."""


class Scaler:
    """A scaler process."""

    def __init__(self, process: "subprocess.Popen[bytes]", grpc_port: int, http_port: int) -> None:
        self.address, self.url = f"127.0.0.1:{grpc_port}", f"http://127.0.0.1:{http_port}"
        self._process = process

    def cpu_seconds(self) -> float:
        """Processor time that it has used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        """Memory that it holds."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def metrics(self) -> dict[str, float]:
        """Its metrics, by name and labels as written."""
        with urllib.request.urlopen(f"{self.url}/metrics") as answer:  # noqa: S310 - our own process
            lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@contextmanager
def scaler(lab: Lab, gitlab: GitLab, url: str, per_minute: int = BUDGET, **settings: str) -> Iterator[Scaler]:
    """A scaler that is ready and may ask the fake GitLab so often; `settings` are its other variables."""
    grpc_port, http_port = free_port(), free_port()
    entry = {"token": gitlab.token.value, "gitlabUrls": [url], "namespaces": ["*"], "callsPerMinute": per_minute}
    credentials = lab.folder / f"credentials-{grpc_port}.yaml"
    credentials.write_text(yaml.safe_dump({"default": entry}))
    own = {"ADDRESS": f"127.0.0.1:{grpc_port}", "HTTP_PORT": str(http_port), "CREDENTIALS": str(credentials)}
    environ = {f"HOOKRUNNER_SCALER_{name}": value for name, value in {**own, **settings}.items()}
    environ["HOOKRUNNER_LOG_LEVEL"] = "ERROR"
    with start([sys.executable, "-m", "scaler"], environ, lab.folder / f"scaler-{grpc_port}.log") as process:
        one = Scaler(process, grpc_port, http_port)
        _wait_until_ready(one)
        yield one


@contextmanager
def gitlab(projects: int, jobs: int) -> Iterator[tuple[GitLab, str, list[Project]]]:
    """A fake GitLab in real time with a group `team` of so many projects with so many pending jobs each."""
    fake = GitLab(time.time)
    group = fake.instance.add_group("team")
    made = [fake.instance.add_project(f"app-{number}", group) for number in range(projects)]
    for project in made:
        fake.instance.add_jobs(project, jobs, tags=["docker"])
    with serve(fake) as url:
        yield fake, url, made


def _wait_until_ready(one: Scaler) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{one.url}/health/readiness"):  # noqa: S310 - our own process
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the scaler was not ready within 30 s")
