"""Strategies: real documents, changed at the level of JSON, by Hypothesis, which makes what breaks small again."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from tests.fuzz.mutations import VALUES
from tests.support.hostile import affinities, any_texts, json_values

Json = Any
Place = Any
"""A member's name, or an item's number."""


def documents(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the seeds with one to three of its lines changed: in JSON a value or a member, in others the end."""
    lines = [[_parsed(line) for line in seed.split(b"\n")] for seed in seeds]
    return st.sampled_from(lines).flatmap(_changed).map(b"\n".join)


def _parsed(line: bytes) -> Json:
    """The JSON value of a line; the line itself where it is none that has members or items."""
    try:
        value = json.loads(line)
    except ValueError:
        return line
    return value if isinstance(value, dict | list) else line


@st.composite
def _changed(draw: st.DrawFn, lines: list[Json]) -> list[bytes]:
    places = draw(st.lists(st.sampled_from(range(len(lines))), min_size=1, max_size=3))
    changed = {place: _edited(draw, lines[place]) for place in places}
    return [_written(changed.get(place, line)) for place, line in enumerate(lines)]


def _edited(draw: st.DrawFn, line: Json) -> Json:
    if isinstance(line, bytes):
        head, colon, _ = line.partition(b": ")
        return head + colon + draw(st.binary(max_size=12) | st.sampled_from(VALUES))
    for _ in range(draw(st.integers(1, 3))):
        line = _deep(draw, line)
    return line


def _deep(draw: st.DrawFn, value: Json) -> Json:
    """`value` with a change somewhere in it; what is not on the way to it is shared with the original."""
    places = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if not places or draw(st.integers(0, 5)) == 0:
        return draw(_others)
    way = draw(st.sampled_from(_WAYS))
    return way(draw, value.copy(), draw(st.sampled_from(places)))


def _within(draw: st.DrawFn, copy: Json, place: Place) -> Json:
    copy[place] = _deep(draw, copy[place])
    return copy


def _less(_draw: st.DrawFn, copy: Json, place: Place) -> Json:
    del copy[place]
    return copy


def _more(draw: st.DrawFn, copy: Json, place: Place) -> Json:
    if isinstance(copy, list):
        copy.insert(place, draw(_others))
    else:
        copy[draw(st.text(max_size=6))] = copy[place]
    return copy


def _twice(draw: st.DrawFn, copy: Json, place: Place) -> Json:
    """The same member twice in one object, as no dict can have it."""
    other = _written(draw(_others))
    name = b"" if isinstance(copy, list) else _written(place) + b":"
    copy[place] = msgspec.Raw(_written(copy[place]) + b"," + name + other)
    return copy


_WAYS: tuple[Callable[[st.DrawFn, Json, Place], Json], ...] = (*(_within,) * 6, _less, _more, _twice)
_others = json_values | affinities | any_texts | st.integers() | st.sampled_from(VALUES).map(msgspec.Raw)


def _written(value: Json) -> bytes:
    return value if isinstance(value, bytes) else msgspec.json.encode(value)
