"""Every target, every kind of part: a few inputs, so that `make fuzz` works when somebody needs it."""

import random
from pathlib import Path

import pytest

from tests.fuzz import structured
from tests.fuzz.mutations import mutated
from tests.fuzz.plan import Part, plan
from tests.fuzz.rules import Alarm
from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import Report, Trial

LEAST = {
    "review": 3,
    "event": 2,
    "webhook": 3,
    "configmap": 2,
    "watched": 2,
    "gitlab": 2,
    "query": 2,
    "manifest": 1,
}
"""How far the seeds of each target come: a target whose seeds are all refused would try nothing."""


def trial(name: str, folder: Path, inputs: int, reports: list[Report]) -> Trial:
    """A trial of a target."""
    return Trial(name, TARGETS[name].make(folder, Alarm()), inputs, 600.0, folder / "found", reports.append)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_come_far(name: str, tmp_path: Path) -> None:
    """What is real is taken: no seed breaks anything, and one of them comes as far as can be."""
    attempt = TARGETS[name].make(tmp_path, Alarm())
    assert max(map(attempt, TARGETS[name].seeds())) == LEAST[name]


@pytest.mark.parametrize("name", TARGETS)
def test_structured(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis' part tries as many as it is told, and finds nothing."""
    monkeypatch.chdir(tmp_path)
    reports: list[Report] = []
    some = trial(name, tmp_path, 20, reports)
    structured.run(name, TARGETS[name], 1, some)
    some.end()
    assert (reports[-1].inputs >= 20, reports[-1].broken, reports[-1].found) == (True, {}, {})


def test_mutations_are_the_same_again() -> None:
    """The same seed gives the same inputs, and different ones differ."""
    seeds = TARGETS["event"].seeds()
    first, again = ([mutated(seeds, random.Random(place)) for place in range(200)] for _ in range(2))  # noqa: S311 - no secret
    assert first == again
    assert len(set(first)) > 150


@pytest.mark.parametrize("guided", [True, False])
def test_plan(guided: bool) -> None:
    """All inputs are given out, whatever the count; without atheris, mutations get its part."""
    parts = plan(1_000_003, TARGETS, guided=guided)
    assert sum(part.inputs for part in parts) == 1_000_003
    assert {part.kind for part in parts} == {"structured", "mutated"} | ({"guided"} if guided else set())
    assert plan(100, ["review"], guided=False) == [Part("review", "structured", 10), Part("review", "mutated", 90)]
