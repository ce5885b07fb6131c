"""Replaying to a real HTTP sink."""

import json
import threading
from pathlib import Path

import pytest

from informer.replay.__main__ import main
from informer.replay.options import options_from
from tests.informer.replay.recorded import event, replay, rows, shown, write
from tests.informer.sink import OK, Answer, Json, Sink


def test_everything_is_sent_again_as_it_was(recording: Path, sink: Sink) -> None:
    """The same attributes and data; each key in its order; a table at the end."""
    code, text = replay(recording, sink, "--speed", "max")

    assert code == 0
    assert sorted(sink.accepted, key=lambda sent: str(sent["id"])) == [event(number) for number in range(100)]
    for key in range(10):
        assert [id_ for id_ in sink.ids() if int(id_) % 10 == key] == [f"{n:02}" for n in range(key, 100, 10)]
    table = rows(text)
    assert list(table) == ["sent", "accepted", "refused", "tried again", "slowest answer", "took"]
    assert [table[name] for name in list(table)[:4]] == ["100 of 100", "100", "0", "0"]
    assert list(recording.parent.iterdir()) == [recording]


def test_what_the_sink_refuses_is_counted(recording: Path, sink: Sink) -> None:
    """The rest goes on, and the exit code tells."""
    sink.answer = lambda events: Answer(400) if events[0]["id"] == "50" else OK

    code, text = replay(recording, sink, "--speed", "max")

    table = rows(text)
    assert (code, len(sink.accepted)) == (1, 99)
    assert (table["sent"], table["accepted"], table["refused"]) == ("100 of 100", "99", "1")


def test_a_slow_sink_is_waited_for(recording: Path, sink: Sink) -> None:
    """It gives up on a sink that takes nothing, not on one that takes long: some of these wait for over two seconds."""
    sink.answer = lambda _: Answer(delay=0.03)

    code, _ = replay(recording, sink, "--speed", "max", "--connections", "1", "--give-up", "2s")

    assert (code, len(sink.accepted)) == (0, 100)


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


@pytest.mark.parametrize(
    ("events", "options", "message"),
    [
        pytest.param([event(1)], ["--key", "77"], "has no event with key 77", id="key"),
        pytest.param([event(1)], ["--to", "2026-11-23"], "has no event with to 2026-11-23 00:00:00+00:00", id="time"),
        pytest.param([{**event(1), "time": "x"}], ["--from", "2026-11-23"], "left out: 1 without a time", id="no time"),
        pytest.param([], [], "holds no event", id="empty"),
    ],
)
def test_nothing_to_send_is_an_error(
    events: list[Json], options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More likely a wrong option than what somebody wanted."""
    path = tmp_path / "events.jsonl"
    write(path, events)

    code = main([str(path), "--sink", "http://127.0.0.1:1", *options])

    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith(f"replay: {path} ")
    assert message in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == [path]


def test_what_has_no_time_is_told(recording: Path, sink: Sink) -> None:
    """In a span of time nobody knows whether it belongs there; of another key it does not matter."""
    write(recording, [event(0), {**event(1), "time": "soon"}, {**event(11), "time": None}, {**event(2), "time": ""}])

    code, text = replay(recording, sink, "--speed", "max", "--from", "2026-11-24", "--times", "2")
    _, of_key = replay(recording, sink, "--speed", "max", "--restart")

    assert (code, rows(text)["left out"]) == (0, "3 without a time")
    assert "left out" not in rows(of_key)
