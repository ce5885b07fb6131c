"""What the machine is and what else it does, and which core serves and which one asks."""

import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_IDLE = (3, 4)
"""Of the numbers in the first line of /proc/stat (proc(5)): idle, and waiting for a disk."""
_COUNTED = 8
"""The numbers after these are guests' time, which is in the first two already."""


def describe() -> str:
    """The machine in a few words, for whoever reads the figures."""
    return f"{os.cpu_count() or 1} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def cores() -> tuple[int, int]:
    """The core of the server that is measured, and the core of the client; the same one where there is one only."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started meanwhile runs on `core` only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Moment:
    """The machine at one moment: its clock, CPU seconds of all its cores and of what is ours so far; its load."""

    at: float
    busy: float
    ours: float
    load: float

    @classmethod
    def now(cls) -> Self:
        """This one. Ours is this process and its children that have ended, all that these started included."""
        lines = Path("/proc/stat").read_text().splitlines()
        busy = busy_seconds(lines[0], os.sysconf("SC_CLK_TCK"))
        return cls(time.monotonic(), busy, sum(os.times()[:4]), os.getloadavg()[0])

    def others(self, before: "Moment") -> float:
        """How many cores other programs kept busy since `before`, on average."""
        foreign = (self.busy - before.busy) - (self.ours - before.ours)
        return max(0.0, foreign / (self.at - before.at))


def busy_seconds(line: str, ticks: int) -> float:
    """CPU seconds of all cores that were no idling, by the first line of /proc/stat in ticks of a second."""
    numbers: Sequence[int] = [int(word) for word in line.split()[1:]][:_COUNTED]
    return (sum(numbers) - sum(numbers[place] for place in _IDLE)) / ticks
