"""How a bench shows what it found: a table, a picture in the terminal, the same as PNG, and the figures as JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.kit import charts, machine, provenance
from bench.kit.charts import Chart

RESULTS = Path(__file__).parents[1] / "results"
_NUMBERS = re.compile(rb"\[[^\[\]{}\"]*\]")


@dataclass(frozen=True)
class Report:
    """What a bench found. `figures` are JSON types, for whoever compares runs; `notes` are said below the table.

    `measured` says how often: such as rounds, and requests of one.
    """

    question: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: Chart
    figures: Mapping[str, Any]
    notes: Sequence[str] = field(default_factory=list)
    measured: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """How a bench was run: `--long` or not, the load of the machine before, seconds, cores busy with others' work."""

    long: bool
    load_before: float
    seconds: float
    others: float

    def __str__(self) -> str:
        """In a line."""
        busy = f"load {self.load_before:.1f} before, {self.others:.2f} cores busy with other work meanwhile"
        return f"{machine.describe()}; {busy}; {self.seconds:.0f} s{', long' if self.long else ''}"


def show(name: str, report: Report, run: Run, console: Console) -> None:
    """Prints the report and writes bench/results/`name`.json and .png."""
    console.print(f"{name}: {report.question}", style="bold")
    table = Table()
    table.add_column(report.columns[0], no_wrap=True)
    for column in report.columns[1:]:
        table.add_column(column, justify="right")
    for row in report.rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"  {run}")
    for note in report.notes:
        console.print(f"  {note}")
    console.print(charts.terminal(report.chart, console.width), highlight=False, markup=False)
    _keep(name, report, run)


def _keep(name: str, report: Report, run: Run) -> None:
    RESULTS.mkdir(exist_ok=True)
    whole = {
        "question": report.question,
        "commit": provenance.commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "run": run,
        "measured": report.measured,
        "versions": provenance.versions(),
        "figures": report.figures,
        "notes": list(report.notes),
    }
    (RESULTS / f"{name}.json").write_bytes(_readable(msgspec.json.encode(whole)))
    charts.picture(report.chart, RESULTS / f"{name}.png")


def _readable(text: bytes) -> bytes:
    """Indented JSON, with a list of numbers in one line."""
    indented = msgspec.json.format(text, indent=2)
    return _NUMBERS.sub(lambda found: b" ".join(found[0].split()), indented) + b"\n"
