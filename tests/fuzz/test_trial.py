"""A trial: what breaks is counted, kept once, and can be tried again; memory that grows is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import __main__ as program
from tests.fuzz.memory import EVERY, LEAST, NOISE, Memory
from tests.fuzz.replay import replay
from tests.fuzz.rules import Broken, hold
from tests.fuzz.trial import Report, Trial


def planted(data: bytes) -> int:
    """A target with two bugs."""
    hold(b"a" not in data, "an a")
    if b"b" in data:
        raise KeyError("b")
    return len(data)


@pytest.fixture
def reports() -> list[Report]:
    """What the trial tells."""
    return []


def test_counted_and_kept(tmp_path: Path, reports: list[Report]) -> None:
    """Each breach is counted, the first of each kind is kept in a file, and the trial goes on."""
    trial = Trial("event", planted, 5, 600.0, tmp_path, reports.append)
    assert [trial.take(data) for data in (b"xy", b"a1", b"a2", b"b", b"x")] == [2, 0, 0, 0, 1]
    trial.end()
    assert trial.over
    assert (reports[-1].inputs, reports[-1].broken) == (5, {"rule": 2, "exception": 1})
    kept = {what: Path(file).read_bytes() for what, file in reports[-1].found.items()}
    assert kept == {"rule: an a": b"a1", "exception: KeyError at outside our code": b"b"}


def test_known_breaches_are_not_raised_again(tmp_path: Path, reports: list[Report]) -> None:
    """What is known would keep Hypothesis from looking further."""
    trial = Trial("event", planted, 5, 600.0, tmp_path, reports.append)
    with pytest.raises(Broken) as caught:
        trial.take_or_raise(b"a1")
    trial.keep(b"a1", caught.value)
    assert trial.take_or_raise(b"a2") == 0


def test_time_ends_it(tmp_path: Path, reports: list[Report]) -> None:
    """A trial whose time is over has no more inputs to try."""
    assert Trial("event", planted, 5, 0.0, tmp_path, reports.append).over


def test_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A kept input is tried again by its file alone, and the exit status tells whether it still breaks something."""
    file = tmp_path / "query-1"
    file.write_bytes(b'{"projectId": "7"}')
    monkeypatch.setattr("tests.fuzz.replay.raise_alarm", lambda: None)
    assert (replay(file), program.main(["--replay", str(file)])) == (None, 0)
    monkeypatch.setattr("tests.fuzz.query.parse", lambda _: planted(b"b"))
    assert program.main(["--replay", str(file)]) == 1
    assert "exception: KeyError" in capsys.readouterr().out.replace("\n", "")


def test_replay_of_something_else(tmp_path: Path) -> None:
    """A file whose name tells no target is refused in words."""
    with pytest.raises(ValueError, match="its name must begin with a target's, one of review, event"):
        replay(tmp_path / "notes.txt")


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each part is a process; all of their inputs are in the table, which also goes between a document's marks."""
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- fuzz: begin -->\nold\n<!-- fuzz: end -->\nafter\n")
    arguments = ["--count", "100", "--only", "query", "--seed", "3", "--keep", str(document)]
    assert program.main(arguments) == 0
    lines = document.read_text().splitlines()
    assert [*lines[:2], *lines[-2:]] == ["before", "<!-- fuzz: begin -->", "<!-- fuzz: end -->", "after"]
    assert "`make fuzz COUNT=100 SEED=3`" in lines[2]
    assert [line.split(" | ")[:2] for line in lines[4:-2]] == [
        ["| target", "inputs"],
        ["| ---", "--:"],
        ["| a trigger's metadata → scaler", "100"],
        ["| all", "100"],
    ]
    assert "Nothing was broken, and memory stayed flat." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("grow", "flat"),
    [
        pytest.param(lambda _: 0, True, id="none"),
        pytest.param(lambda place: min(place, 100) * NOISE, True, id="a warm-up"),
        pytest.param(lambda place: place % 7 * NOISE // 8, True, id="noise"),
        pytest.param(lambda place: place * EVERY * LEAST * 6, False, id="two small objects for each input"),
        pytest.param(lambda place: place * EVERY * LEAST, True, id="less than any object takes"),
        pytest.param(lambda place: (place > 250) * NOISE * 2, False, id="a step"),
    ],
)
def test_flat(monkeypatch: pytest.MonkeyPatch, grow: Callable[[int], int], flat: bool) -> None:
    """What of 300 samples, which is 150,000 inputs, counts as flat."""
    memory = Memory()
    for place in range(300):
        monkeypatch.setattr("tests.fuzz.memory.resident", lambda place=place: 50_000_000 + grow(place))
        memory.look()
    assert memory.is_flat() is flat
