"""A recording of a hundred events, and its replay in this process."""

import io
import json
import threading
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from informer.replay.__main__ import run
from informer.replay.options import ReplayOptions, options_from
from tests.informer.sink import Json, Sink


def event(number: int) -> Json:
    """One of them."""
    return {
        "specversion": "1.0",
        "id": f"{number:02}",
        "source": "/s",
        "type": "t",
        "time": f"2026-11-24T08:{number // 60:02}:{number % 60:02}Z",
        "data": {"key": str(number % 10)},
    }


def write(path: Path, events: Iterable[Json]) -> None:
    """Writes `events` as JSON Lines."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in events))


def replay(recording: Path, sink: Sink, *more: str) -> tuple[int, str]:
    """The exit code of a replay and what it printed."""
    options = options_from([str(recording), "--sink", sink.url, *more])
    return shown(options, threading.Event())


def shown(options: ReplayOptions, stop: threading.Event) -> tuple[int, str]:
    """As `replay`, for options that are read already."""
    text = io.StringIO()
    code = run(options, stop, Console(file=text, width=100))
    return code, text.getvalue()


def rows(text: str) -> dict[str, str]:
    """The rows of the table in `text`."""
    cells = [line.strip("│ ").split("│") for line in text.splitlines() if "│" in line]
    return {name.strip(): value.strip() for name, value in cells}
