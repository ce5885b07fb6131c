"""What a person sees of a replay."""

import contextlib
import io
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from function.errors import SinkError, SinkRefused, SinkUnavailable
from informer.replay.__main__ import run
from informer.replay.options import options_from
from informer.replay.report import Screen, TimedSink
from tests.informer.sink import OK, Answer, Json, Sink
from tests.support.waiting import wait_until


class Ticking:
    """A clock that a post moves on by `seconds`; a sink that answers with `error`, or takes it."""

    def __init__(self, seconds: float, error: SinkError | None) -> None:
        self.now = 0.0
        self._seconds = seconds
        self._error = error

    def clock(self) -> float:
        """The time in seconds."""
        return self.now

    def post(self, _: Sequence[bytes]) -> None:
        """Answers."""
        self.now += self._seconds
        if self._error is not None:
            raise self._error


@pytest.mark.parametrize(
    ("error", "slowest", "failed", "trouble"),
    [
        pytest.param(None, 3.0, 0, "", id="accepted"),
        pytest.param(SinkRefused("no", 400), 3.0, 0, "", id="refused"),
        pytest.param(SinkUnavailable("later", 503), 3.0, 1, "later", id="later"),
        pytest.param(SinkUnavailable("no answer"), 0.0, 1, "no answer", id="no answer"),
    ],
)
def test_every_answer_is_timed(error: SinkError | None, slowest: float, failed: int, trouble: str) -> None:
    """Whatever it says; what was not answered is no answer. Trouble is over once the sink has decided on an event."""
    ticking = Ticking(3.0, error)
    sink = TimedSink(ticking, ticking.clock)
    sink.trouble = "from before"

    with contextlib.suppress(SinkError):
        sink.post([b"{}"])

    assert (sink.slowest, sink.failed, sink.trouble) == (slowest, failed, trouble)


def test_the_bar_shows_where_it_is_and_what_is_wrong() -> None:
    """It begins where an earlier replay stopped."""
    text = io.StringIO()
    ticking = Ticking(0.0, SinkUnavailable("http://s/ answered 503", 503))
    sink = TimedSink(ticking, ticking.clock)

    with Screen(Console(file=text, width=100, force_terminal=True), sink, 10, 2) as screen:
        with pytest.raises(SinkUnavailable):
            sink.post([b"{}"])
        screen.show(7)

    seen = re.findall(r"(\d+)/10", text.getvalue())
    assert (seen[0], seen[-1]) == ("2", "7")
    assert "trying again: http://s/ answered 503" in text.getvalue()


def test_the_bar_advances_with_the_replay(recording: Path, sink: Sink) -> None:
    """Half of it is shown before the second half is answered, and all of it at the end."""
    text = io.StringIO()

    def answer(events: list[Json]) -> Answer:
        if events[0]["id"] == "50":
            wait_until(lambda: " 50/100" in text.getvalue(), "the bar is half-way")
        return OK

    sink.answer = answer
    options = options_from([str(recording), "--sink", sink.url, "--speed", "max", "--connections", "1"])

    code = run(options, threading.Event(), Console(file=text, width=100, force_terminal=True))

    assert (code, len(sink.posts)) == (0, 100)
    assert "100/100" in text.getvalue()


def test_there_is_no_bar_without_a_terminal() -> None:
    """Nothing of it is in a log."""
    text = io.StringIO()
    ticking = Ticking(0.0, None)

    with Screen(Console(file=text, width=100), TimedSink(ticking, ticking.clock), 10, 2) as screen:
        screen.show(7)

    assert text.getvalue().strip() == ""
