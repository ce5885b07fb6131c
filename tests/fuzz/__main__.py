"""`make fuzz`: a million inputs into the doors, the stores and the watches, and a table of what came of it."""

import argparse
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tests.fuzz import processes, table
from tests.fuzz.plan import Part, plan
from tests.fuzz.replay import replay
from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import Report

_BEGIN, _END = "<!-- fuzz: begin -->", "<!-- fuzz: end -->"
_A_DAY = 86_400.0
_WIDE = 200
"""Columns of the table where the output is no terminal."""


def main(arguments: Sequence[str]) -> int:
    """Runs it; 0 if nothing was broken and memory stayed flat, else 1."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    return _replay(options.replay, console) if options.replay else _fuzz(options, console)


def _replay(files: Sequence[Path], console: Console) -> int:
    broken = 0
    for file in files:
        what = replay(file)
        broken += what is not None
        console.print(f"{file}: {what or 'nothing is broken'}", markup=False)
    return int(broken > 0)


def _fuzz(options: argparse.Namespace, console: Console) -> int:
    why_not = processes.missing()
    parts = plan(options.count, options.only or TARGETS, guided=why_not is None)
    if why_not:
        console.print(f"Without the coverage-guided part, mutations take its place: {why_not}.", markup=False)
    console.print(f"{options.count:,} inputs, seed {options.seed} (the same again: --seed {options.seed}).")
    began = time.monotonic()
    results = _run(parts, options, console)
    lines = table.rows(results)
    console.print(table.shown(lines))
    console.print(f"{(time.monotonic() - began) / 60:.0f} minutes. {_verdict(results)}", markup=False)
    if options.keep:
        _keep(options.keep, f"{_heading(options)}\n\n{table.markdown(lines)}")
    return int(not _is_good(results))


def _run(parts: Sequence[Part], options: argparse.Namespace, console: Console) -> dict[Part, Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    whole = sum(part.inputs for part in parts)
    results: dict[Part, Report] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=whole)
        for part in parts:
            seconds = options.seconds * part.inputs / whole
            results[part] = _run_part(part, options.seed, seconds, progress, task)
    return results


def _run_part(part: Part, seed: int, seconds: float, progress: Progress, task: TaskID) -> Report:
    before = progress.tasks[task].completed
    progress.update(task, description=f"{part.target}, {part.kind}")
    report = processes.run(part, seed, seconds, lambda told: progress.update(task, completed=before + told.inputs))
    progress.update(task, completed=before + part.inputs)
    for what, file in report.found.items():
        progress.console.print(f"{part.target}, {part.kind}: {what}\n  --replay {file}", markup=False)
    return report


def _is_good(results: dict[Part, Report]) -> bool:
    return table.is_flat(results) and not any(report.broken for report in results.values())


def _verdict(results: dict[Part, Report]) -> str:
    return "Nothing was broken, and memory stayed flat." if _is_good(results) else "See above for what must be mended."


def _heading(options: argparse.Namespace) -> str:
    today = datetime.now(UTC).date().isoformat()
    return f"{today}, `make fuzz COUNT={options.count} SEED={options.seed}`:"


def _keep(document: Path, text: str) -> None:
    """Puts `text` between the marks in a document, in the place of the one before."""
    head, begin, rest = document.read_text().partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    document.write_text(f"{head}{begin}\n{text}{end}{tail}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs in all")
    parser.add_argument("--seconds", type=float, default=_A_DAY, help="of which each part gets its share, then ends")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31 - 1) + 1, help="made up if not given")
    parser.add_argument("--only", action="append", choices=list(TARGETS), help="this target; may be given again")
    parser.add_argument("--replay", action="append", type=Path, metavar="FILE", help="try a kept input again")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="put the table into this document, between its marks")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
