"""`make faults`: every fault in turn, on a real control plane, and a table of what the history holds after each."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.faults import apiservers, connections, informers, orders, records, senders, sinks, volumes
from bench.faults.cases import FULL, SHORT, Case, Outcome, Profile
from bench.faults.world import World
from tests.controlplane.cache import cache_folder
from tests.controlplane.programs import Programs

ALL: tuple[Case, ...] = (
    *informers.CASES,
    *apiservers.CASES,
    *connections.CASES,
    *sinks.CASES,
    *records.CASES,
    *orders.CASES,
    *volumes.CASES,
    *senders.CASES,
)
_HEAD = ("fault", "must be", "recorded / happened", "whole after", "what else")
_BEGIN, _END = "<!-- faults: begin -->", "<!-- faults: end -->"
Row = tuple[str, str, str, str, str]


def main(arguments: Sequence[str]) -> int:
    """Runs the cases; 0 if each is as it must be, else 1."""
    options = _parser().parse_args(arguments)
    profile = FULL if options.full else SHORT
    cases = [case for case in ALL if options.only.lower() in case.name.lower()]
    console = Console()
    console.print(f"{len(cases)} faults, {_described(profile)}")
    started = time.monotonic()
    results = [(case, _run(case, profile, console)) for case in cases]
    rows = [_row(case, outcome) for case, outcome in results]
    console.print(_table(rows))
    good = sum(outcome.good for _, outcome in results)
    minutes = (time.monotonic() - started) / 60
    console.print(f"{good} of {len(cases)} as they must be, in {minutes:.0f} minutes.")
    if options.keep:
        keep(options.keep, f"{_today()}, {_described(profile)}\n\n{_markdown(rows)}")
    return 0 if good == len(cases) else 1


def _run(case: Case, profile: Profile, console: Console) -> Outcome:
    programs = Programs.of(cache_folder(os.environ), os.environ)
    try:
        with console.status(f"{case.name} …"), World(programs, case.parts) as world:
            outcome = case.run(world, profile)
    except Exception as error:  # noqa: BLE001 - one case that breaks must not hide the others
        outcome = Outcome(0, 0, note=f"BROKEN: {error}")
    mark = "ok  " if outcome.good else "FAIL"
    console.print(f"{mark} {case.name}: {outcome.recorded}/{outcome.happened} {outcome.note}")
    return outcome


def _row(case: Case, outcome: Outcome) -> Row:
    counted = f"{outcome.recorded:,} / {outcome.happened:,}" + ("" if outcome.good else " MISSED")
    return case.name, case.must, counted, f"{outcome.settled_after:.1f} s", outcome.note


def _table(rows: Iterable[Row]) -> Table:
    table = Table(*_HEAD, title="What the history holds after each fault")
    for row in rows:
        table.add_row(*row)
    return table


def _markdown(rows: Iterable[Row]) -> str:
    lines = [_HEAD, ("---",) * len(_HEAD), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def keep(document: Path, table: str) -> None:
    """Puts `table` between the marks in a document, in the place of the one before."""
    head, begin, rest = document.read_text().partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    document.write_text(f"{head}{begin}\n{table}{end}{tail}")


def _described(profile: Profile) -> str:
    return (
        f"profile {profile.name}: {profile.rate:.0f} pods/s for {profile.seconds:.0f} s, a lasting fault for "
        f"{profile.hold:.0f} s, {profile.pods:,} pods where many are."
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="a minute of load, and faults that last a minute: some 50 minutes in all"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="only faults with these words in their name")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="put the table into this document, between its marks")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
