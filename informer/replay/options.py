"""The command line of a replay."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from function.environment import duration, integer, masked
from function.formats import url
from informer.replay.selection import Selection, instant

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What to send, where and how fast: `speed` times as it was recorded, None as fast as the sink takes it.

    `patience` is after how many seconds without an answer it gives up.
    """

    path: Path
    sink: str
    selection: Selection
    speed: float | None
    connections: int
    batch: bool
    token_file: Path | None
    patience: float
    restart: bool

    @property
    def name(self) -> str:
        """What tells this replay from others of the same recording; it is written down, and shown."""
        chosen = self.selection
        return ", ".join([f"sink {_named(self.sink)}", f"times {chosen.times}", *chosen.words()])


def options_from(arguments: Sequence[str]) -> ReplayOptions:
    """The options; a wrong one ends the process with a line that says what is allowed."""
    found = _parser().parse_args(arguments)
    return ReplayOptions(
        path=found.events,
        sink=found.sink,
        selection=Selection(found.since, found.until, found.key, found.times, found.shuffle),
        speed=found.speed,
        connections=found.connections,
        batch=found.batch,
        token_file=found.token_file,
        patience=found.give_up,
        restart=found.restart,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m informer.replay",
        description="Sends recorded CloudEvents again, with the same ids and times, to any CloudEvents sink.",
    )
    add = parser.add_argument
    add("events", type=Path, help="JSON Lines, a JSON array, one JSON event, or YAML (kn event, conformance)")
    add("--sink", required=True, type=_one(url, "an http or https URL"), help="where to post them")
    speed = _one(_speed, "a speed such as 1x or 10x, or max")
    add("--speed", type=speed, default="1x", help="as recorded (1x), so many times as fast (10x), or max")
    moment = _one(instant, "a moment such as 2026-11-24T08:00:00Z")
    add("--from", dest="since", type=moment, metavar="TIME", help="only events from then on")
    add("--to", dest="until", type=moment, metavar="TIME", help="only events before then")
    add("--key", help="only events of this key")
    number = integer(1, 1000)
    add("--times", type=_one(number, "1 to 1000"), default=1, metavar="N", help="each event N times in a row")
    seed = _one(integer(0, 10**9), "a whole number")
    add("--shuffle", type=seed, metavar="SEED", help="in a random order; all of them must fit into memory")
    add("--connections", type=_one(integer(1, 64), "1 to 64"), default=8, metavar="N", help="posts at a time")
    add("--batch", action="store_true", help="several events in a post, when the sink is slower than the replay")
    add("--token-file", type=Path, metavar="FILE", help="a bearer token for the sink")
    patience = _one(duration, "a duration such as 30s or 5m")
    add("--give-up", type=patience, default="60s", metavar="TIME", help="stop when the sink takes nothing for so long")
    add("--restart", action="store_true", help="from the beginning, wherever an earlier replay stopped")
    return parser


def _one(parse: Callable[[str], T], allowed: str) -> Callable[[str], T]:
    """`parse` for argparse, with an error that says what is `allowed`."""

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{masked(text)!r} is not valid: it must be {allowed}") from None

    return parsed


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    speed = float(text.removesuffix("x"))
    if not 0 < speed < 1e6:  # noqa: PLR2004 - also refuses nan and inf
        raise ValueError(text)
    return speed


def _named(sink: str) -> str:
    """The sink without its secrets; where it has any, with a sum that tells it from others like it."""
    name = masked(sink)
    return name if name == sink else f"{name} ({crc32(sink.encode()):08x})"
