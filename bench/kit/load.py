"""Runs the load generator (bench/peers/load) and reads what it found."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.kit.machine import cores, on_core


class Outcome(msgspec.Struct, frozen=True):
    """What one run of the load generator found; `rests` are the gaps that its connections made.

    Latencies are microseconds: the percentiles 0 to 100 and 99.9; with `-each` all of them too, the shortest first.
    """

    requests: int
    failures: dict[str, int]
    seconds: float
    cpu_seconds: float
    percentiles_us: list[float]
    rests: int = 0
    each_us: list[int] = []

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(self.failures.values())

    @property
    def rate(self) -> float:
        """Successes per second."""
        return (self.requests - self.failed) / self.seconds


@dataclass(frozen=True)
class Load:
    """A load generator that is built, and what it posts; `inside` is what runs it where its target is reached."""

    program: Path
    body: Path
    authority: Path | None = None
    client: tuple[Path, Path] | None = None
    inside: tuple[str, ...] = ()

    def run(self, url: str, connections: int, requests: int, *more: str) -> Outcome:
        """Posts `requests` over `connections` and waits for the end. `more` are options of the load generator.

        Raises:
            subprocess.CalledProcessError: it could not run.
        """
        with on_core(cores()[1]):
            done = subprocess.run([*self._command(url, connections, requests), *more], capture_output=True, check=True)
        return msgspec.json.decode(done.stdout, type=Outcome)

    def _command(self, url: str, connections: int, requests: int) -> list[str]:
        command = [*self.inside, str(self.program), "-url", url, "-body", str(self.body)]
        command += ["-connections", str(connections), "-requests", str(requests)]
        if self.authority:
            command += ["-authority", str(self.authority)]
        if self.client:
            command += ["-certificate", str(self.client[0]), "-key", str(self.client[1])]
        return command
