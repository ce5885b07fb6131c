"""How a bench shows what it found: a table, a picture in the terminal, the same as PNG, and the figures as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.kit import charts, machine
from bench.kit.charts import Chart

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class Report:
    """What a bench found. `figures` are JSON types, for whoever compares runs; `notes` are said below the table."""

    question: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: Chart
    figures: Mapping[str, Any]
    notes: Sequence[str] = field(default_factory=list)


def show(name: str, report: Report, console: Console) -> None:
    """Prints the report and writes bench/results/`name`.json and .png."""
    console.print(f"{name}: {report.question}", style="bold")
    table = Table()
    table.add_column(report.columns[0], no_wrap=True)
    for column in report.columns[1:]:
        table.add_column(column, justify="right")
    for row in report.rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"  {machine.describe()}")
    for note in report.notes:
        console.print(f"  {note}")
    console.print(charts.terminal(report.chart, console.width), highlight=False, markup=False)
    _keep(name, report)


def _keep(name: str, report: Report) -> None:
    RESULTS.mkdir(exist_ok=True)
    whole = {
        "question": report.question,
        "machine": machine.describe(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "figures": report.figures,
        "notes": list(report.notes),
    }
    (RESULTS / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
    charts.picture(report.chart, RESULTS / f"{name}.png")
