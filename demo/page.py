"""How the demo looks: steps, facts, tables and YAML, in a terminal's width and colours, or plain in a file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import yaml
from rich import box
from rich.console import Console, Group, RenderableType
from rich.highlighter import RegexHighlighter
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from demo.interrupts import postponed

MAX_WIDTH = 110
"""Columns: wider tables are harder to read, not easier."""
_FOLD_INDENT = "      "
_YAML_KEY = r"(?m)^[ -]*[\w.'/-]+:"


class _Nodes(RegexHighlighter):
    """Names of nodes stand out everywhere: they are what it is about."""

    base_style = "demo."
    highlights = (r"\b(?P<node>node-\d+)\b",)


class Page:
    """What is printed to `file`, top to bottom. Each block ends with an empty line. Headings and `say` take markup."""

    def __init__(self, file: TextIO) -> None:
        self._highlighter = _Nodes()
        self._console = Console(file=file, highlighter=self._highlighter, theme=Theme({"demo.node": "green"}))
        self._console.width = min(self._console.width, MAX_WIDTH)

    def title(self, heading: str, intro: str, facts: Sequence[tuple[str, str]]) -> None:
        """The frame at the top."""
        content = Group(Text(intro), "", _facts(facts))
        self._print(Panel(content, title=f"[bold]{heading}[/]", title_align="left", border_style="cyan"))

    def step(self, number: int, heading: str) -> None:
        """A new part of the story."""
        self._rule(f"[bold cyan]{number}[/] [bold]{heading}[/]")

    def say(self, text: str) -> None:
        """A paragraph."""
        self._print(text)

    def facts(self, *facts: tuple[str, str]) -> None:
        """Names and values, one a line."""
        self._print(Padding(_facts(facts), (0, 0, 0, 2)))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table that folds its cells to the width."""
        table = Table(*columns, box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", highlight=True)
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(*map(escape, row))
        self._print(Padding(table, (0, 0, 0, 1)))

    def side_by_side(self, left: tuple[str, Any], right: tuple[str, Any]) -> None:
        """Two values as YAML, each with a heading."""
        table = Table(box=box.ROUNDED, border_style="dim")
        for heading, _ in (left, right):
            table.add_column(heading, header_style="bold", overflow="fold")
        dumped = (yaml.safe_dump(value, sort_keys=False, default_flow_style=None) for _, value in (left, right))
        table.add_row(*map(self._coloured, dumped))
        self._print(table)

    def file(self, name: str, text: str) -> None:
        """A YAML file as it is, but for long lines, which are folded."""
        body = self._coloured(fold(text, self._console.width - 4))
        self._print(Panel(body, title=name, title_align="left", border_style="dim"))

    def end(self, text: str, next_steps: Sequence[tuple[str, str]]) -> None:
        """The last words, and what to try next."""
        self._rule("[bold cyan]Done[/]")
        self._console.print(text)
        self.facts(*next_steps)

    @contextmanager
    def waiting(self, for_what: str) -> Iterator[None]:
        """A moving sign in a terminal, a line elsewhere, while the block runs."""
        if not self._console.is_terminal:
            self._console.print(for_what)
            yield
            return
        status = self._console.status(for_what)
        try:
            with postponed():  # a signal amid its start would leave the sign moving
                status.start()
            yield
        finally:
            with postponed():
                status.stop()

    def _print(self, block: RenderableType) -> None:
        self._console.print(block)
        self._console.print()

    def _rule(self, heading: str) -> None:
        self._console.rule(heading, align="left", style="cyan")

    def _coloured(self, text: str) -> Text:
        coloured = Text(text.rstrip())
        coloured.highlight_regex(_YAML_KEY, "cyan")
        self._highlighter.highlight(coloured)
        return coloured


def fold(text: str, width: int) -> str:
    """`text` with lines over `width` broken after commas, and what follows indented: still the same YAML."""
    return "\n".join(part for line in text.splitlines() for part in _folded(line, width))


def _folded(line: str, width: int) -> Iterator[str]:
    while len(line) > width and "," in line[:width]:
        end = line.rindex(",", 0, width) + 1
        yield line[:end]
        line = _FOLD_INDENT + line[end:]
    yield line


def _facts(facts: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.highlight = True
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts:
        grid.add_row(name, escape(text))
    return grid
