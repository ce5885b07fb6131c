"""What a run found, as a table: for people in a terminal, and for docs/reliability.md."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from tests.fuzz.plan import GUIDED, MUTATED, STRUCTURED, Part
from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import Report

HEAD = (
    *("target", "inputs", "by Hypothesis", "by atheris", "mutated", "a second"),
    *("exceptions", "5xx", "rules broken", "memory"),
)
_MEGA = 1024 * 1024
Row = tuple[str, ...]
Results = Mapping[Part, Report]


def rows(results: Results) -> list[Row]:
    """A row for each target, and one for all."""
    names = [name for name in TARGETS if any(part.target == name for part in results)]
    whole = [
        _row(TARGETS[name].what, {part: report for part, report in results.items() if part.target == name})
        for name in names
    ]
    return [*whole, _row("all", results)]


def _row(name: str, results: Results) -> Row:
    reports = results.values()
    inputs = sum(report.inputs for report in reports)
    seconds = sum(report.seconds for report in reports)
    by_kind = (
        sum(report.inputs for part, report in results.items() if part.kind == kind)
        for kind in (STRUCTURED, GUIDED, MUTATED)
    )
    broken = (str(sum(report.broken.get(kind, 0) for report in reports)) for kind in ("exception", "5xx", "rule"))
    rate = f"{inputs / seconds:,.0f}" if seconds else ""
    return (name, f"{inputs:,}", *(f"{count:,}" for count in by_kind), rate, *broken, _memory(results))


def is_flat(results: Results) -> bool:
    """Whether memory stayed flat, as the mutated inputs tell: Hypothesis and libFuzzer remember what they made."""
    return all(report.flat for part, report in results.items() if part.kind == MUTATED)


def _memory(results: Results) -> str:
    """Of the mutated part that grew most: before and after, in MB."""
    judged = [report for part, report in results.items() if part.kind == MUTATED]
    worst = max(judged, key=lambda report: report.after - report.before, default=Report())
    return f"{worst.before / _MEGA:.1f} → {worst.after / _MEGA:.1f} MB" + ("" if worst.flat else " NOT FLAT")


def shown(lines: Iterable[Row]) -> Table:
    """For a terminal."""
    table = Table(*HEAD[:1])
    for name in HEAD[1:]:
        table.add_column(name, justify="right")
    for line in lines:
        table.add_row(*line)
    return table


def markdown(lines: Iterable[Row]) -> str:
    """For a document."""
    whole = (HEAD, ("---", *("--:",) * (len(HEAD) - 1)), *lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in whole)
