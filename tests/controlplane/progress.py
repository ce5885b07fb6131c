"""Says what is being built: a moving bar in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_TICK = 0.2  # seconds between two movements of the bar


class Progress:
    """Shows one step after the other on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Print one line."""
        self._console.print(line, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, what: str, seconds: int) -> Iterator[None]:
        """Show that `what` is being made, and that it takes about `seconds` on two cores."""
        started = time.monotonic()
        with self._shown(what, seconds):
            yield
        self.say(f"Control plane: {what} done in {time.monotonic() - started:.0f} s")

    @contextmanager
    def _shown(self, what: str, seconds: int) -> Iterator[None]:
        if not self._console.is_terminal:
            self.say(f"Control plane: {what} (once; about {seconds} s on two cores) …")
            yield
            return
        with _bar(self._console) as bar, _moving(bar, bar.add_task(what, total=seconds)):
            yield


def _bar(console: Console) -> Bar:
    about = TextColumn("of about {task.total:.0f} s, once")
    return Bar(
        SpinnerColumn(),
        TextColumn("Control plane: {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        about,
        console=console,
        transient=True,
    )


@contextmanager
def _moving(bar: Bar, task: TaskID) -> Iterator[None]:
    over = Event()

    def move() -> None:
        while not over.wait(_TICK):
            bar.advance(task, _TICK)

    mover = Thread(target=move, daemon=True)
    mover.start()
    try:
        yield
    finally:
        over.set()
        mover.join()
