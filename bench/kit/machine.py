"""What the machine is, and which core serves and which one asks."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager


def describe() -> str:
    """The machine in a few words, for whoever reads the figures."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    return (
        f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, load {load:.1f}"
    )


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
