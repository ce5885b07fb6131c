"""Interleaved rounds: each server in turn, again and again, so that what else the machine does hits all alike."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from bench.kit.load import Load, Outcome
from bench.kit.servers import Server


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
        AssertionError: a server did not patch, or a request failed: nothing to compare then.
    """
    for server in servers.values():
        _check(server, load)
        load.run(server.url, connections, 20 * connections)
    found: dict[str, list[Round]] = {name: [] for name in servers}
    for _ in range(count):
        for name, server in servers.items():
            before = server.cpu_seconds
            outcome = load.run(server.url, connections, requests[name])
            found[name].append(Round(outcome, server.cpu_seconds - before))
            assert not outcome.failed, f"{name}: {outcome.failures}"
    return found


def _check(server: Server, load: Load) -> None:
    """Waits until the server patches: ours begin without a history."""
    verify = str(load.authority) if load.authority else True
    for _ in range(100):
        answer = httpx.post(server.url, content=load.body.read_bytes(), verify=verify, timeout=30)
        if "patch" in answer.json()["response"]:
            return
    raise AssertionError(f"{server.name} does not patch: {answer.text[:200]}")
