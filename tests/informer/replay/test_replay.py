"""Replaying to a real HTTP sink."""

import io
import json
import threading
from pathlib import Path

import pytest
from rich.console import Console

from informer.replay.__main__ import main, run
from informer.replay.options import ReplayOptions, options_from
from tests.informer.sink import OK, Answer, Json, Sink


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A hundred events of ten keys, a second apart."""
    path = tmp_path / "events.jsonl"
    path.write_text("".join(f"{json.dumps(event(number))}\n" for number in range(100)))
    return path


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


def replay(recording: Path, sink: Sink, *more: str) -> tuple[int, str]:
    """The exit code of a replay and what it printed."""
    options = options_from([str(recording), "--sink", sink.url, *more])
    return shown(options, threading.Event())


def shown(options: ReplayOptions, stop: threading.Event) -> tuple[int, str]:
    """As `replay`, for options that are read already."""
    text = io.StringIO()
    code = run(options, stop, Console(file=text, width=100))
    return code, text.getvalue()


def test_everything_is_sent_again_as_it_was(recording: Path, sink: Sink) -> None:
    """The same attributes and data; each key in its order; a table at the end."""
    code, text = replay(recording, sink, "--speed", "max")

    assert code == 0
    assert sorted(sink.accepted, key=lambda sent: str(sent["id"])) == [event(number) for number in range(100)]
    for key in range(10):
        assert [id_ for id_ in sink.ids() if int(id_) % 10 == key] == [f"{n:02}" for n in range(key, 100, 10)]
    for words in (("sent", "100 of 100"), ("accepted", "100"), ("refused", "0"), ("tried again", "0")):
        assert any(all(word in line for word in words) for line in text.splitlines()), words
    assert list(recording.parent.iterdir()) == [recording]


def test_what_the_sink_refuses_is_counted(recording: Path, sink: Sink) -> None:
    """The rest goes on, and the exit code tells."""
    sink.answer = lambda events: Answer(400) if events[0]["id"] == "50" else OK

    code, text = replay(recording, sink, "--speed", "max")

    assert code == 1
    assert len(sink.accepted) == 99
    assert any("refused" in line and "1" in line for line in text.splitlines())


def test_it_goes_on_where_it_stopped(recording: Path, sink: Sink) -> None:
    """A sink that goes away in the middle: the second run sends the rest, and hardly anything twice."""
    stop = threading.Event()

    def answer(_: list[Json]) -> Answer:
        if len(sink.posts) < 40:
            return OK
        stop.set()  # as a person does who sees the trouble
        return Answer(503)

    sink.answer = answer
    one_by_one = ("--speed", "max", "--connections", "1")

    first, text = shown(options_from([str(recording), "--sink", sink.url, *one_by_one]), stop)
    sent = len(sink.accepted)
    sink.answer = lambda _: OK
    second, _ = replay(recording, sink, *one_by_one)

    assert (first, second) == (1, 0)
    assert "Stopped after 40 events (http" in text
    assert (sent, sink.ids()) == (40, [f"{number:02}" for number in range(100)])
    assert list(recording.parent.iterdir()) == [recording]


def test_a_slow_sink_is_waited_for(recording: Path, sink: Sink) -> None:
    """It gives up on a sink that takes nothing, not on one that takes long: some of these wait for over two seconds."""
    sink.answer = lambda _: Answer(delay=0.03)

    code, _ = replay(recording, sink, "--speed", "max", "--connections", "1", "--give-up", "2s")

    assert (code, len(sink.accepted)) == (0, 100)


def test_another_replay_does_not_go_on_there(recording: Path, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    """The place is kept for one selection and one sink; --restart forgets it."""
    sink.answer = lambda _: Answer(503)
    replay(recording, sink, "--speed", "max", "--give-up", "100ms")
    sink.answer = lambda _: OK

    code = main([str(recording), "--sink", sink.url, "--speed", "max", "--key", "3"])
    message = capsys.readouterr().err
    restarted, _ = replay(recording, sink, "--speed", "max", "--key", "3", "--restart")

    assert (code, restarted) == (2, 0)
    assert message.startswith(f"replay: {recording}.replayed is of a replay that stopped with other options")
    assert sink.ids() == [f"{number:02}" for number in range(3, 100, 10)]


def test_a_place_tells_no_password(recording: Path, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    """A name, a password or a token in the sink's URL is neither written down nor shown; the place is still its own."""
    sink.answer = lambda _: Answer(503)
    url = sink.url.replace("http://", "http://me:secret@")
    name = options_from([str(recording), "--sink", f"{url}?token=secret"]).name
    command = [str(recording), "--speed", "max", "--give-up", "100ms", "--sink"]

    codes = [main([*command, f"{url}?token={token}"]) for token in ("secret", "another-secret")]

    said = capsys.readouterr().err
    place = recording.with_name(f"{recording.name}.replayed").read_text()
    assert (codes, name in said, name in place) == ([1, 2], True, True)
    assert "secret" not in said + place


def test_it_keeps_the_pace(recording: Path, sink: Sink) -> None:
    """Three events a second apart, ten times as fast: none is early."""
    until = ("--to", "2026-11-24T08:00:03Z")

    replay(recording, sink, "--speed", "10x", *until)

    first, second, third = sink.posts
    assert (second.time - first.time >= 0.09, third.time - first.time >= 0.19) == (True, True)


def test_batches_if_they_are_wanted(recording: Path, sink: Sink) -> None:
    """A slow sink gets several events in a post."""
    sink.answer = lambda _: Answer(delay=0.05)

    code, _ = replay(recording, sink, "--speed", "max", "--batch", "--connections", "1")

    assert (code, sink.ids()) == (0, [f"{number:02}" for number in range(100)])
    assert any(post.batched for post in sink.posts)


def test_it_stops_when_told(recording: Path, sink: Sink) -> None:
    """As by Ctrl-C."""
    stop = threading.Event()
    stop.set()

    code, text = shown(options_from([str(recording), "--sink", sink.url]), stop)

    assert code == 1
    assert "Stopped after" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sink", "htp://me:secret@s"], "--sink: 'htp://…@s' is not valid: it must be an http or https URL"),
        (["--sink", "record"], "--sink: 'record' is not valid: it must be an http or https URL"),
        (["--sink", "http://s", "--speed", "fast"], "--speed: 'fast' is not valid: it must be a speed such as"),
        (["--sink", "http://s", "--speed", "0x"], "--speed: '0x' is not valid"),
        (["--sink", "http://s", "--speed", "nan"], "--speed: 'nan' is not valid"),
        (["--sink", "http://s", "--from", "yesterday"], "--from: 'yesterday' is not valid: it must be a moment"),
        (["--sink", "http://s", "--times", "0"], "--times: '0' is not valid: it must be 1 to 1000"),
        ([], "the following arguments are required: --sink"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends the process with 2."""
    with pytest.raises(SystemExit) as caught:
        main(["events.jsonl", *arguments])

    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_a_recording_that_cannot_be_read(tmp_path: Path, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    """Found out before anything is sent."""
    path = tmp_path / "events.jsonl"
    path.write_text(f"{json.dumps(event(1))}\nnonsense\n")

    code = main([str(path), "--sink", sink.url])

    assert (code, sink.posts) == (2, [])
    assert capsys.readouterr().err.startswith(f"replay: {path}, line 2 is not JSON")
