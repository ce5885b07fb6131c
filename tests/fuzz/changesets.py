"""Changes for a history, made from the input itself: the same input gives the same changes."""

import random
import zlib

from function.history import Change

NODES = ("node-1", "node-3", "node-7", "a.b.c")
KEYS = ("41", "42", "41.7")
_FIRST = 1_795_507_195
"""Some seconds before the times in the seeds, so that they clash with them."""


def changes(data: bytes, count: int) -> list[Change]:
    """What `count` events add: mostly bindings."""
    choose = random.Random(zlib.crc32(data))  # noqa: S311 - no secret
    return [_change(choose) for _ in range(count)]


def _change(choose: random.Random) -> Change:
    node, time = choose.choice(NODES), _FIRST + choose.randrange(10)
    if choose.random() < 0.3:
        return Change(removed={node: time})
    return Change(bound={choose.choice(KEYS): {node: time}})
