"""Interleaved rounds: each server in turn, again and again, so that what else the machine does hits all alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.kit.alike import same_patches
from bench.kit.errors import BenchError
from bench.kit.load import Load, Outcome
from bench.kit.servers import Server
from bench.kit.turns import order


@dataclass(frozen=True)
class Round:
    """One server in one round: what the load generator saw, and the server's CPU seconds for it."""

    outcome: Outcome
    cpu_seconds: float

    @property
    def cpu_microseconds(self) -> float:
        """CPU time of a review."""
        return self.cpu_seconds / self.outcome.requests * 1e6


def rounds(
    servers: Mapping[str, Server], load: Load, connections: int, count: int, requests: Mapping[str, int]
) -> dict[str, list[Round]]:
    """`count` rounds with `requests` of each server over so many connections, after a warm-up.

    Raises:
        TimeoutError: a server does not patch, or not as the others do.
        BenchError: a request failed.
    """
    same_patches(servers, load)
    for server in servers.values():
        load.run(server.url, connections, 20 * connections)
    found: dict[str, list[Round]] = {name: [] for name in servers}
    for turn in range(count):
        for name in order(servers, turn):
            found[name].append(_round(servers[name], load, connections, requests[name]))
    return found


def _round(server: Server, load: Load, connections: int, requests: int) -> Round:
    before = server.cpu_seconds
    outcome = load.run(server.url, connections, requests)
    if outcome.failed:
        raise BenchError(f"{server.name}: {outcome.failures}")
    return Round(outcome, server.cpu_seconds - before)
