"""`python -m informer.replay EVENTS --sink URL`: sends recorded CloudEvents again, with the same ids and times.

EVENTS is JSON Lines (as `informer.record_to` writes them), a JSON array, one JSON event, or YAML. A replay that was
interrupted goes on where it stopped when it is started again; one of a pipe begins anew.
"""

import signal
import sys
import threading
from collections.abc import Sequence

from rich.console import Console

from function.errors import RecordingError
from informer.replay.options import ReplayOptions, options_from
from informer.replay.pipes import recording_at
from informer.replay.places import PlaceFile
from informer.replay.plans import Plan, planned
from informer.replay.report import Report, Screen, TimedSink
from informer.replay.sender import Replay
from informer.sink import HttpSink

TICK_SECONDS = 0.2


def main(arguments: Sequence[str]) -> int:
    """Replays; 0 if the sink accepted everything, 1 if it refused some or the replay was stopped, 2 for wrong input.

    What an earlier part of the same replay was refused counts too.
    """
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
        RecordingError: the recording cannot be read or has nothing to send, or the place cannot be kept.
    """
    with recording_at(options.path, stop) as recording:
        plan = planned(recording, options)
        for note in plan.notes:
            console.print(note, markup=False, highlight=False, soft_wrap=True)
        plan.places.write(plan.place)  # now, so that a folder that cannot be written is found before anything is sent
        return _replay(plan, options, stop, console)


def _replay(plan: Plan, options: ReplayOptions, stop: threading.Event, console: Console) -> int:
    sink = TimedSink(HttpSink(options.sink, options.token_file, connections=options.connections))
    report = Report(sink, plan.place)
    replay = Replay(sink, options, report, stop, plan.place)
    replay.start(options.selection.of(plan.recording.events()))
    with Screen(console, sink, plan.found.total, plan.place.settled) as screen:
        _attend(replay, stop, plan.places, screen)
    report.show(console, plan.found)
    if not replay.finished.is_set():
        report.show_stopped(console, replay.place.settled, plan.recording.kept)
        return 1
    plan.places.remove()
    return int(replay.place.refused > 0)


def _attend(replay: Replay, stop: threading.Event, places: PlaceFile, screen: Screen) -> None:
    """Keeps the place and the screen up to date until the replay ends, gets stuck, or its place cannot be kept."""
    try:
        while not (replay.finished.wait(TICK_SECONDS) or stop.is_set() or replay.stuck):
            places.write(replay.place)
            screen.show(replay.place.settled)
    finally:
        replay.end()
    places.write(replay.place)
    screen.show(replay.place.settled)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
