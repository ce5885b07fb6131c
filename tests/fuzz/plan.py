"""What a run consists of: for each target a part of each kind, with so many inputs, so much time, and a seed."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.fuzz.targets import TARGETS

STRUCTURED, GUIDED, MUTATED = "structured", "guided", "mutated"
"""Made by Hypothesis, by atheris, and by seeded mutations. Of a hundred inputs these are so many:"""
_OF_A_HUNDRED = {STRUCTURED: 10, GUIDED: 40, MUTATED: 50}


@dataclass(frozen=True, slots=True)
class Part:
    """One process: `inputs` inputs of one kind for one target."""

    target: str
    kind: str
    inputs: int


def plan(count: int, names: Iterable[str], *, guided: bool) -> list[Part]:
    """The parts for `count` inputs in all. Without atheris, mutations take its place."""
    shares = {name: TARGETS[name].share for name in names}
    kinds = (
        _OF_A_HUNDRED if guided else {STRUCTURED: _OF_A_HUNDRED[STRUCTURED], MUTATED: 100 - _OF_A_HUNDRED[STRUCTURED]}
    )
    whole = sum(shares.values()) * 100
    wanted = [(name, kind, share * part) for name, share in shares.items() for kind, part in kinds.items()]
    edges = [count * sum(weight for _, _, weight in wanted[:place]) // whole for place in range(len(wanted) + 1)]
    parts = [Part(name, kind, edges[place + 1] - edges[place]) for place, (name, kind, _) in enumerate(wanted)]
    return [part for part in parts if part.inputs]
