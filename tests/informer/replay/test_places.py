"""Going on where a replay stopped."""

import threading
from pathlib import Path

import pytest

from informer.replay.__main__ import main
from informer.replay.options import options_from
from tests.informer.replay.recorded import event, replay, rows, shown, write
from tests.informer.sink import OK, Answer, Json, Sink

MAX = ("--speed", "max", "--connections", "1")


def stopped(recording: Path, sink: Sink, count: int, *options: str, refused: int = 0) -> None:
    """Replays `count` of them, of which the sink refuses the first `refused`; it takes all afterwards."""
    stop = threading.Event()

    def answer(_: list[Json]) -> Answer:
        if len(sink.posts) >= count:
            stop.set()
            return Answer(503)
        return Answer(400) if len(sink.posts) < refused else OK

    sink.answer = answer
    shown(options_from([str(recording), "--sink", sink.url, *MAX, *options]), stop)
    sink.answer = lambda _: OK
    sink.posts.clear()


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


@pytest.mark.parametrize("kept", [0, 1, 2, 3, 5])
def test_other_events_are_not_skipped(kept: int, recording: Path, sink: Sink) -> None:
    """A new recording under the same name, shorter, as long or longer: all of it is sent, and it is told why."""
    stopped(recording, sink, 2)
    new = [event(number) for number in range(50, 51 + kept)]
    write(recording, new)

    code, text = replay(recording, sink, *MAX)

    assert (code, sink.accepted) == (0, new)
    assert f"{recording} is not what it was when a replay of it stopped: this one begins anew" in text
    assert rows(text)["sent"] == f"{len(new)} of {len(new)}"


def test_a_recording_that_grew_goes_on(recording: Path, sink: Sink) -> None:
    """What is settled is still there, at its beginning."""
    stopped(recording, sink, 40)
    write(recording, map(event, range(110)))

    code, text = replay(recording, sink, *MAX)

    assert (code, sink.ids()) == (0, [f"{number:02}" for number in range(40, 110)])
    assert "anew" not in text
    assert rows(text)["sent"] == "70 of 110 (40 before)"


def test_a_shuffled_recording_that_grew_begins_anew(recording: Path, sink: Sink) -> None:
    """Its order is another one now, so nobody could say which events are left."""
    write(recording, map(event, range(30)))
    stopped(recording, sink, 20, "--shuffle", "4")
    write(recording, map(event, range(31)))

    replay(recording, sink, *MAX, "--shuffle", "4")

    assert sorted(sink.ids()) == [f"{number:02}" for number in range(31)]


def test_refusals_are_remembered(recording: Path, sink: Sink) -> None:
    """The exit code is of the whole replay, and the table tells both parts."""
    stopped(recording, sink, 40, refused=3)

    code, text = replay(recording, sink, *MAX)

    table = rows(text)
    assert code == 1
    assert (table["sent"], table["accepted"], table["refused"]) == ("60 of 100 (40 before)", "60", "0 (3 before)")


def test_refusals_of_other_events_are_forgotten(recording: Path, sink: Sink) -> None:
    """They were not of this recording."""
    stopped(recording, sink, 40, refused=3)
    write(recording, map(event, range(50, 60)))

    code, text = replay(recording, sink, *MAX)

    assert (code, rows(text)["refused"]) == (0, "0")


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        pytest.param("events.jsonl.replayed.new", "cannot be written", id="not to be written"),
        pytest.param("events.jsonl.replayed", "cannot be read", id="not to be read"),
    ],
)
def test_a_place_that_cannot_be_kept(
    taken: str, message: str, recording: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told in one line, before anything is sent."""
    recording.with_name(taken).mkdir()

    code = main([str(recording), "--sink", sink.url])

    said = capsys.readouterr().err
    assert (code, sink.posts) == (2, [])
    assert said.startswith(f"replay: {recording}.replayed {message}")
    assert said.count("\n") == 1


def test_a_place_that_makes_no_sense(recording: Path, sink: Sink, capsys: pytest.CaptureFixture[str]) -> None:
    """Also in one line, with what to do."""
    recording.with_name("events.jsonl.replayed").write_text("[]")

    code = main([str(recording), "--sink", sink.url])

    said = capsys.readouterr().err
    assert (code, sink.posts) == (2, [])
    assert said.startswith(f"replay: {recording}.replayed makes no sense (")
    assert said.endswith("start anew with --restart\n")
