"""CPU time inside a webhook's function, without any HTTP: ours in this process, the Go peers in theirs."""

import asyncio
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from bench.kit import servers
from bench.kit.errors import BenchError
from bench.kit.machine import cores, on_core
from bench.kit.servers import Setting
from bench.kit.turns import order
from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot

OURS = "Hookrunner"
NAMES = (servers.BOOK, servers.JSON, servers.TUNED, OURS)
_SECONDS = 0.15
"""CPU time that one round of one function takes, about."""


class Ours:
    """mutate over a history that is in memory."""

    def __init__(self, data: Mapping[str, str]) -> None:
        snapshot = Snapshot(data)
        self._mutate = Mutate(settings_from({}).placement, lambda: snapshot, Metrics(CollectorRegistry()))

    def microseconds(self, body: bytes) -> float:
        """CPU time of one review."""
        with on_core(cores()[0]):
            return asyncio.run(self._measure(Request("POST", "/", [], body)))

    async def _measure(self, request: Request) -> float:
        answer = await self._mutate(request)
        if b'"patch"' not in answer.body:
            raise BenchError(f"ours does not patch: {answer.body[:300]!r}")
        count = round(_SECONDS / (await self._time(request, 20) / 1e6)) + 1
        return await self._time(request, count)

    async def _time(self, request: Request, count: int) -> float:
        started = time.process_time()
        for _ in range(count):
            await self._mutate(request)
        return (time.process_time() - started) / count * 1e6


def interleaved(review: Path, ours: Ours, setting: Setting, count: int) -> dict[str, list[float]]:
    """CPU microseconds of one review, `count` rounds of all, each in another order."""
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for turn in range(count):
        for name in order(NAMES, turn):
            used = ours.microseconds(review.read_bytes()) if name == OURS else peer_microseconds(name, setting, review)
            found[name].append(used)
    return found


def peer_microseconds(name: str, setting: Setting, review: Path) -> float:
    """CPU time of one review in a Go peer, its garbage collector included."""
    program, options = ("tuned", []) if name == servers.TUNED else ("bybook", _decoder(name))
    count = max(20, round(_SECONDS / (review.stat().st_size * 30e-9)))  # the book needs some 30 ns for a byte
    words = [str(setting.peers / program), *options, "-history", str(setting.history)]
    with on_core(cores()[0]):
        done = subprocess.run(
            [*words, "-review", str(review), "-count", str(count)], capture_output=True, check=True, text=True
        )
    return int(done.stdout) / 1000


def _decoder(name: str) -> list[str]:
    return ["-decoder", "json"] if name == servers.JSON else []
