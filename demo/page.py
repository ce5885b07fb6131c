"""How the demo looks: steps, facts, tables and YAML, in a terminal's width and colours, or plain in a file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import yaml
from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

MAX_WIDTH = 110
"""Columns: wider tables are harder to read, not easier."""
_FOLD_INDENT = "      "


class Page:
    """What is printed, top to bottom, on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._console.width = min(console.width, MAX_WIDTH)

    def title(self, heading: str, intro: str, facts: Sequence[tuple[str, str]]) -> None:
        """The frame at the top."""
        content = Group(Text(intro), "", _facts(facts))
        self._console.print(Panel(content, title=f"[bold]{heading}[/]", title_align="left", border_style="cyan"))

    def step(self, number: int, heading: str) -> None:
        """A new part of the story."""
        self._console.print()
        self._console.rule(f"[bold cyan]{number}[/] [bold]{heading}[/]", align="left", style="cyan")

    def say(self, text: str) -> None:
        """A paragraph; may hold markup."""
        self._console.print(text)

    def facts(self, *facts: tuple[str, str]) -> None:
        """Names and values, one a line."""
        self._console.print(Padding(_facts(facts), (0, 0, 0, 2)))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table that folds its cells to the width."""
        table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=True, header_style="dim")
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def side_by_side(self, left: tuple[str, Any], right: tuple[str, Any]) -> None:
        """Two values as YAML, each with a heading. The left column is as narrow as it can be."""
        table = Table(box=box.ROUNDED, border_style="dim", show_lines=False)
        for heading, _ in (left, right):
            table.add_column(heading, header_style="bold", overflow="fold")
        table.add_row(*(self._yaml(value) for _, value in (left, right)))
        self._console.print(table)

    def file(self, name: str, text: str) -> None:
        """A YAML file as it is, but for long lines, which are folded."""
        body = self._coloured(fold(text.rstrip(), self._console.width - 4))
        self._console.print(Panel(body, title=name, title_align="left", border_style="dim"))

    def end(self, text: str, next_steps: Sequence[tuple[str, str]]) -> None:
        """The last words, and what to try next."""
        self._console.print()
        self._console.rule("[bold cyan]Done[/]", align="left", style="cyan")
        self._console.print(text)
        self._console.print("What to try next:")
        self.facts(*next_steps)

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[None]:
        """A moving sign in a terminal, a line elsewhere, while the block runs."""
        if not self._console.is_terminal:
            self._console.print(for_what)
            yield
            return
        with self._console.status(for_what):
            yield

    def _yaml(self, value: Any) -> RenderableType:  # noqa: ANN401 - any JSON value
        return self._coloured(yaml.safe_dump(value, sort_keys=False, default_flow_style=None).rstrip())

    def _coloured(self, text: str) -> RenderableType:
        if not self._console.is_terminal:
            return Text(text)
        return Syntax(text, "yaml", theme="ansi_dark", background_color="default")


def fold(text: str, width: int) -> str:
    """`text` with lines over `width` broken after commas, and what follows indented."""
    return "\n".join(part for line in text.splitlines() for part in _folded(line, width))


def _folded(line: str, width: int) -> Iterator[str]:
    while len(line) > width and "," in line[:width]:
        end = line.rindex(",", 0, width) + 1
        yield line[:end]
        line = _FOLD_INDENT + line[end:]
    yield line


def _facts(facts: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts:
        grid.add_row(name, text)
    return grid
