"""`python -m bench [NAME …] [--long]`: measures, and shows what it found.

`make bench` runs all that need neither a cluster nor many minutes; `make bench-knative` those on the lab.
"""

import argparse
import importlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from bench.kit import peers
from bench.kit.lab import Lab
from bench.kit.machine import Moment
from bench.kit.report import Run, show

NAMES = (
    "inside",
    "growth",
    "throughput",
    "cpu",
    "startup",
    "memory",
    "failures",
    "creates",
    "sizes",
    "loop",
    "visible",
    "scaler_calls",
    "scaler_push",
)
"""In the order in which they run: each is a module here, with a `run`."""
ON_KNATIVE = ("knative", "fromzero")
"""Those that need a cluster with Hookrunner in it, by the environment of `make e2e`; only run when named."""
LASTING = ("scaler_group", "scaler_day")
"""Those that take minutes even without --long, by waiting or by hours of traffic; only run when named."""
_ALL = NAMES + ON_KNATIVE + LASTING
_LISTED = ", ".join(_ALL)


def main() -> int:
    """Runs the benches that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {_LISTED}; the first {len(NAMES)} if none is given"
    )
    parser.add_argument("--long", action="store_true", help="more rounds and requests: minutes each, steadier figures")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in _ALL]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; there are {_LISTED}")
    signal.signal(signal.SIGTERM, _end)
    console = Console(width=None if sys.stdout.isatty() else 120)
    with console.status("building the Go peers"):
        built = peers.build(dict(os.environ))
    for name in options.names or NAMES:
        _run(name, options.long, built, console)
    return 0


def _end(number: int, _frame: object) -> NoReturn:
    """Ends as Ctrl-C does, so that servers end in order: gunicorn's workers outlive a master that is killed."""
    sys.exit(128 + number)


def _run(name: str, long: bool, built: Path, console: Console) -> None:
    bench = importlib.import_module(f"bench.{name}")
    before = Moment.now()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, console.status(f"{name}: {bench.__doc__}"):
        report = bench.run(Lab(built, Path(folder)), long=long)
    after = Moment.now()
    run = Run(long, before.load, after.at - before.at, after.others(before))
    show(name, report, run, console)
    console.print(f"  figures and picture: bench/results/{name}.json, .png\n")


if __name__ == "__main__":
    sys.exit(main())
