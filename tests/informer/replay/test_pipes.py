"""Recordings that come through a pipe."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from function.errors import RecordingError
from informer.replay.pipes import recording_at
from tests.informer.processes import ROOT
from tests.informer.replay.recorded import event
from tests.informer.sink import Answer, Sink

PLACE = Path("/dev/stdin.replayed")
COMMAND = [sys.executable, "-m", "informer.replay", "/dev/stdin", "--speed", "max"]


def test_a_pipe_is_replayed_without_a_place(recording: Path, sink: Sink) -> None:
    """All of it, nothing is left behind, and it is told."""
    ran = subprocess.run(
        [*COMMAND, "--sink", sink.url], cwd=ROOT, input=recording.read_bytes(), capture_output=True, check=False
    )

    said = ran.stderr.decode()
    assert ran.returncode == 0, said
    assert sorted(sink.ids()) == [f"{number:02}" for number in range(100)]
    assert "/dev/stdin is no file that can be come back to: a replay of it that stops begins anew" in said
    assert not PLACE.exists()


def test_a_file_as_standard_input(recording: Path, sink: Sink) -> None:
    """It has another name there, so it is read as a pipe is."""
    with recording.open("rb") as file:
        ran = subprocess.run([*COMMAND, "--sink", sink.url], cwd=ROOT, stdin=file, capture_output=True, check=False)

    assert (ran.returncode, len(sink.accepted)) == (0, 100)
    assert not PLACE.exists()


def test_what_is_wrong_in_a_pipe_says_where(sink: Sink) -> None:
    """By the name that was given."""
    text = f"{json.dumps(event(1))}\nnonsense\n".encode()

    ran = subprocess.run([*COMMAND, "--sink", sink.url], cwd=ROOT, input=text, capture_output=True, check=False)

    assert (ran.returncode, sink.posts) == (2, [])
    assert ran.stderr.decode().startswith("replay: /dev/stdin, line 2 is not JSON")


def test_a_pipe_that_stops_does_not_say_that_it_goes_on(recording: Path, sink: Sink) -> None:
    """The same command does not: its place is not kept."""
    sink.answer = lambda _: Answer(503)
    command = [*COMMAND, "--sink", sink.url, "--give-up", "100ms"]

    ran = subprocess.run(command, cwd=ROOT, input=recording.read_bytes(), capture_output=True, check=False)

    said = " ".join(ran.stderr.decode().split())
    assert ran.returncode == 1
    assert "Stopped after 0 events" in said
    assert "the same command begins anew" in said


def test_a_pipe_that_nobody_writes_to_can_be_left() -> None:
    """As by Ctrl-C, while it is read."""
    stop = threading.Event()
    reading, writing = os.pipe()
    threading.Timer(0.1, stop.set).start()

    with pytest.raises(RecordingError, match="stopped while it was read: nothing was sent"):
        recording_at(Path(f"/dev/fd/{reading}"), stop).__enter__()

    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", ["", "missing.jsonl", "n" * 300])
def test_what_is_no_recording(name: str, tmp_path: Path) -> None:
    """A folder, what is not there, and a name that no file can have."""
    with pytest.raises(RecordingError, match="cannot be read: "):
        recording_at(tmp_path / name, threading.Event()).__enter__()
