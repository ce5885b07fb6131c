"""What a person sees of a replay: a progress bar, and a table at its end."""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from function.errors import SinkError, SinkUnavailable
from informer.delivery import Sink
from informer.replay.places import Place
from informer.replay.survey import Survey


class TimedSink:
    """A sink that is timed, in seconds of `clock`. `trouble` is why its last post failed, empty if it did not."""

    def __init__(self, sink: Sink, clock: Callable[[], float] = time.monotonic) -> None:
        self._sink = sink
        self._clock = clock
        self._lock = threading.Lock()
        self.trouble = ""
        self.failed = 0
        self.slowest = 0.0

    def post(self, events: Sequence[bytes]) -> None:
        """Posts, as the sink does."""
        started = self._clock()
        try:
            self._sink.post(events)
        except SinkError as error:
            self._note(self._clock() - started, error)
            raise
        self._note(self._clock() - started, None)

    def _note(self, seconds: float, error: SinkError | None) -> None:
        undecided = isinstance(error, SinkUnavailable)
        answered = error is None or error.status
        with self._lock:
            self.trouble = str(error) if undecided else ""
            self.failed += undecided
            self.slowest = max(self.slowest, seconds) if answered else self.slowest


class Report:
    """Counts what became of each event; those up to `before` were settled by an earlier replay."""

    def __init__(self, sink: TimedSink, before: Place) -> None:
        self._sink = sink
        self._before = before
        self._started = self._last = time.monotonic()
        self._lock = threading.Lock()
        self.accepted = self.refused = 0

    def count(self, accepted: bool) -> None:
        """Notes that one event is settled."""
        with self._lock:
            self.accepted += accepted
            self.refused += not accepted
            self._last = time.monotonic()

    def quiet(self) -> float:
        """For how many seconds nothing was settled."""
        return time.monotonic() - self._last

    def show(self, console: Console, found: Survey) -> None:
        """Prints the table."""
        sent = self.accepted + self.refused
        took = max(time.monotonic() - self._started, 1e-9)
        table = Table("what", "value", show_header=False)
        table.add_row("sent", f"{sent} of {found.total}{_earlier(self._before.settled)}")
        table.add_row("accepted", str(self.accepted))
        table.add_row("refused", f"{self.refused}{_earlier(self._before.refused)}")
        if found.timeless:
            table.add_row("left out", f"{found.timeless} without a time")
        table.add_row("tried again", str(self._sink.failed))
        table.add_row("slowest answer", f"{self._sink.slowest * 1000:.0f} ms")
        table.add_row("took", f"{took:.1f} s ({sent / took:.0f} events/s)")
        console.print(table)

    def show_stopped(self, console: Console, settled: int, kept: bool) -> None:
        """Prints after how many events it was stopped, and whether the place is `kept`."""
        why = f" ({self._sink.trouble})" if self._sink.trouble else ""
        then = "the same command goes on from there." if kept else "the same command begins anew."
        console.print(f"Stopped after {settled} events{why}: {then}", markup=False)


def _earlier(count: int) -> str:
    return f" ({count} before)" if count else ""


class Screen:
    """A progress bar, which shows the sink's trouble while there is some; nothing where no terminal is."""

    def __init__(self, console: Console, sink: TimedSink, total: int, settled: int) -> None:
        self._sink = sink
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("replaying", total=total, completed=settled)

    def show(self, settled: int) -> None:
        """Moves the bar."""
        description = f"trying again: {self._sink.trouble}" if self._sink.trouble else "replaying"
        self._progress.update(self._task, completed=settled, description=description)

    def __enter__(self) -> Self:
        """Shows the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves it as it is."""
        self._progress.stop()
