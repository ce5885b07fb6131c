"""`python -m informer.replay EVENTS --sink URL`: sends recorded CloudEvents again, with the same ids and times.

EVENTS is JSON Lines (as `informer.record_to` writes them), a JSON array, one JSON event, or YAML. A replay that was
interrupted goes on where it stopped when it is started again.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from rich.console import Console

from function.errors import RecordingError
from informer.replay.options import ReplayOptions, options_from
from informer.replay.places import PlaceFile
from informer.replay.recordings import Event, read_events
from informer.replay.report import Report, Screen, TimedSink
from informer.replay.sender import Replay
from informer.sink import HttpSink

TICK_SECONDS = 0.2


def main(arguments: Sequence[str]) -> int:
    """Replays; 0 if the sink accepted everything, 1 if it refused some or the replay was stopped, 2 for wrong input."""
    options = options_from(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        return run(options, stop, Console(stderr=True))
    except RecordingError as error:
        sys.stderr.write(f"replay: {error}\n")
        return 2


def run(options: ReplayOptions, stop: threading.Event, console: Console) -> int:
    """Replays what `options` say, and shows on `console` how it goes.

    Raises:
        RecordingError: the recording cannot be read, or the place where an earlier replay stopped.
    """
    total = sum(1 for _ in _events(options))
    places = PlaceFile(options.path, options.name)
    settled = 0 if options.restart else places.read()
    sink = TimedSink(HttpSink(options.sink, options.token_file, connections=options.connections))
    report = Report(sink, settled)
    replay = Replay(sink, options, report, stop)
    replay.start(_events(options), settled)
    with Screen(console, sink, total, settled) as screen:
        _attend(replay, stop, places, screen)
    done = replay.finished.is_set()
    if done:
        places.remove()
    report.show(console, total, stopped=None if done else replay.settled)
    return 0 if done and not report.refused else 1


def _events(options: ReplayOptions) -> Iterator[Event]:
    return options.selection.of(read_events(options.path))


def _attend(replay: Replay, stop: threading.Event, places: PlaceFile, screen: Screen) -> None:
    """Keeps the place and the screen up to date until the replay ends, or gets stuck."""
    over = False
    while not over:
        over = replay.finished.wait(TICK_SECONDS) or stop.is_set() or replay.stuck
        if over:
            replay.end()
        places.write(replay.settled)
        screen.show(replay.settled)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
