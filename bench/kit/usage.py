"""What a process and its children use: CPU time and memory, from /proc."""

from collections.abc import Mapping, Sequence
from pathlib import Path

_NANO = 1e-9


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for path in tasks for child in path.read_text().split()]
    return [pid, *(one for child in children for one in tree(child))]


def cpu_seconds(pid: int) -> float:
    """CPU time of the tree's live threads so far, in seconds, to the nanosecond (a clock tick would be 10 ms)."""
    schedules = (path for one in tree(pid) for path in Path(f"/proc/{one}/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[0]) for path in schedules) * _NANO


def megabytes(pid: int) -> float:
    """Resident memory of the tree in MB (10^6 bytes); what its processes share counts once.

    PSS would not do: it also splits libraries with whatever else the machine runs from the same files.
    """
    return resident([_pages(one) for one in tree(pid)])


def resident(pages: Sequence[Mapping[str, int]]) -> float:
    """Of each process' kB by kind, as in smaps_rollup: MB of the private ones, and of the shared ones the most."""
    private = sum(count for each in pages for kind, count in each.items() if kind.startswith("Private_"))
    shared = max(sum(count for kind, count in each.items() if kind.startswith("Shared_")) for each in pages)
    return (private + shared) * 1024 / 1e6


def _pages(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
