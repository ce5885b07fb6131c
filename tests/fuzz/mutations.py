"""Seeded mutations: bytes at any place, and JSON values and members of a text, without parsing it.

Cheap: some tens of microseconds, so that most of a million inputs can be made so. Equal seeds give equal inputs.
"""

import random
import re
from collections.abc import Callable, Sequence

VALUES = (
    *(b"null", b"true", b"0", b"-1", b"1.5", b"1e999", b"-0.0", b"9" * 25, b"9" * 5000, b"NaN"),
    *(
        b'""',
        b'"\\u0000"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        '"ü€😀"'.encode(),
        b'"a\\tb"',
        b'"' + b"a" * 300 + b'"',
    ),
    *(
        b"[]",
        b"{}",
        b"[[]]",
        b'{"a":1,"a":2}',
        b"[" * 40 + b"]" * 40,
        b"[" * 3000 + b"]" * 3000,
        b'{"":' * 200 + b"1" + b"}" * 200,
    ),
    *(
        b'"41"',
        b'"node-3"',
        b'"NODE"',
        b'"node-3\\n"',
        b'"a..b"',
        b'"' + b"n" * 254 + b'"',
        b'"Pod"',
        b'"v1"',
        b"[1,2]",
    ),
    *(
        b'"0001-01-01T00:00:00+23:59"',
        b'"9999-12-31T23:59:59-23:59"',
        b'"2026-11-24T08:00:00"',
        b'"0001-01-01T00:00:00"',
        b'"1795507200"',
    ),
)
"""JSON values, and what looks like one, that somebody might not have thought of."""

_PIECES = (
    *(
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r\n",
        b"\n\n",
        b"\n",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"%",
        b"%ff",
    ),
    *(
        b"%00",
        b"=",
        b"&a [*a]",
        b"*a",
        b"!!int ''",
        b"!!timestamp x",
        b'"\\uD800"',
        b"0x" + b"f" * 5000,
        b"---\n",
        b"- ",
    ),
    *(
        b"? ",
        b"<<: ",
        b"whsec_",
        b"v1,",
        b"ce-",
        b"application/json",
        b"text/xml",
        b"; charset=utf-16",
        b'rel="next"',
        b"+json",
    ),
)
_VALUE = re.compile(rb'(?<=[:\[,])\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\})(?=\s*[,\]}])')
_MEMBER = re.compile(rb'("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)\s*,')
_MAX_SLICE = 64

Others = Sequence[bytes]


def mutated(seeds: Sequence[bytes], choose: random.Random) -> bytes:
    """One of the seeds, changed in one to six ways."""
    data = choose.choice(seeds)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        data = choose.choice(_WAYS)(data, seeds, choose)
    return data


def _replaced(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A JSON value by another."""
    found = _VALUE.search(data, choose.randrange(len(data) + 1)) or _VALUE.search(data)
    return data if found is None else data[: found.start(1)] + choose.choice(VALUES) + data[found.end(1) :]


def _doubled(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A member of an object twice, the second time with another value."""
    found = _MEMBER.search(data, choose.randrange(len(data) + 1)) or _MEMBER.search(data)
    if found is None:
        return data
    again = b"%b:%b," % (found[1], choose.choice(VALUES))
    return data[: found.end()] + again + data[found.end() :]


def _without(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A member of an object less."""
    found = _MEMBER.search(data, choose.randrange(len(data) + 1)) or _MEMBER.search(data)
    return data if found is None else data[: found.start()] + data[found.end() :]


def _flipped(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """One bit."""
    if not data:
        return b"\0"
    place = choose.randrange(len(data))
    return data[:place] + bytes((data[place] ^ 1 << choose.randrange(8),)) + data[place + 1 :]


def _inserted(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A piece that somebody might not have thought of, at any place."""
    place = choose.randrange(len(data) + 1)
    return data[:place] + choose.choice(_PIECES) + data[place:]


def _deleted(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A slice less."""
    place = choose.randrange(len(data) + 1)
    return data[:place] + data[place + choose.randrange(1, _MAX_SLICE) :]


def _copied(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """A slice once more, elsewhere."""
    start, place = choose.randrange(len(data) + 1), choose.randrange(len(data) + 1)
    return data[:place] + data[start : start + choose.randrange(1, _MAX_SLICE)] + data[place:]


def _spliced(data: bytes, seeds: Others, choose: random.Random) -> bytes:
    """The beginning of this, the end of another."""
    other = choose.choice(seeds)
    return data[: choose.randrange(len(data) + 1)] + other[choose.randrange(len(other) + 1) :]


def _cut(data: bytes, _seeds: Others, choose: random.Random) -> bytes:
    """Only the beginning."""
    return data[: choose.randrange(len(data) + 1)]


_JSON_WAYS = (_replaced, _doubled, _without)
_BYTE_WAYS = (_flipped, _inserted, _deleted, _copied, _spliced, _cut)
_WAYS: tuple[Callable[[bytes, Others, random.Random], bytes], ...] = (*_JSON_WAYS * 3, *_BYTE_WAYS)
