"""What is remembered: of each key, node -> time of the last binding there. It grows by maximum only.

The text form is a ConfigMap's `data`:

    "17":         "node-3"                                       the last node; for people and CEL policies
    "_warm.17":   {"node-3":"2026-11-24T08:00:00Z", …}           the last nodes, newest first
    "_removed":   {"node-9":"2026-11-24T09:00:00Z", …}           nodes that were deleted, and when

No label value begins with `_`, so names never collide. `merge` takes the later time of each node, of a removal too,
and a removal hides earlier bindings only when it is read: so order, repetition and concurrency of changes cannot
matter. A bare `"17": "node-3"`, written by a person or an older tool, is a warm node of unknown age (null in `_warm.17`
once the key gets a binding of ours). What cannot be read is ignored, counted, and kept until it is overwritten.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from function.decoding import UNREADABLE
from function.errors import StoreRefused
from function.events import aware
from function.keys import is_key, is_node_name

WARM_PREFIX = "_warm."
REMOVED = "_removed"
MAX_REMOVED = 1000
"""How many removed nodes are remembered: some 50 KB. Older removals only hide what has aged anyway."""

UNKNOWN_AGE = 0
"""The time of a binding whose time nobody knows: older than any other, and never too old."""

_LATEST = 253_402_300_799
"""9999-12-31T23:59:59Z: no later time can be written down. Some offsets from UTC reach beyond it."""

Seconds = int
Warm = Mapping[str, Seconds]
Data = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What events add: key -> node -> time of binding, and node -> time of removal (whole seconds since 1970)."""

    bound: Mapping[str, Warm] = field(default_factory=dict)
    removed: Warm = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one key: its warm nodes, newest first, with times; and how many entries made no sense."""

    warm: tuple[tuple[str, Seconds], ...] = ()
    malformed: int = 0

    def fresh(self, oldest: Seconds, limit: int) -> tuple[str, ...]:
        """The first `limit` nodes that were bound at `oldest` or later, or at an unknown time."""
        return tuple(node for node, time in self.warm if time >= oldest or time == UNKNOWN_AGE)[:limit]


def combine(changes: Iterable[Change]) -> Change:
    """One change that does what all of them do."""
    bound: dict[str, dict[str, Seconds]] = {}
    removed: dict[str, Seconds] = {}
    for change in changes:
        for key, warm in change.bound.items():
            _raise_to(bound.setdefault(key, {}), warm)
        _raise_to(removed, change.removed)
    return Change(bound, removed)


def read_entry(data: Data, key: str, removed: Warm) -> Entry:
    """What `data` knows of `key`, without what was removed since."""
    warm, malformed = _stored(data, key)
    alive = {node: time for node, time in warm.items() if _is_alive(node, time, removed)}
    return Entry(tuple(_newest_first(alive)), malformed)


def read_removed(data: Data) -> tuple[dict[str, Seconds], int]:
    """Node -> time of its removal, as far as that part can be read; and how many entries of it made no sense."""
    return _times(data.get(REMOVED, "{}"))


def merge(data: Data, change: Change, max_nodes: int, max_bytes: int) -> dict[str, str | None]:
    """What must be written into `data` so that it holds `change` too: name -> text, or None to delete it.

    The result is empty if nothing changes. Of each key the newest `max_nodes` stay. If all of it took more than
    `max_bytes` (names and texts in UTF-8), the keys that were unused longest are left out.

    Raises:
        StoreRefused: what is not ours takes the room, so that no key would be left.
    """
    removed, _ = read_removed(data)
    known = dict(removed)
    _raise_to(removed, change.removed)
    removed = dict(_newest_first(removed)[:MAX_REMOVED])
    updates: dict[str, str | None] = {}
    if removed != known:
        updates[REMOVED] = _text(removed)
    news = {node for node, time in removed.items() if known.get(node) != time}
    for key in {*change.bound, *(_keys_with(data, news) if news else ())}:
        updates |= _merge_key(data, key, change.bound.get(key, {}), removed, max_nodes)
    changed = {name: text for name, text in updates.items() if data.get(name) != text}
    return _evict(data, changed, max_bytes)


def everything(data: Data) -> Change:
    """All that can be read of `data`, as a change: merged into another history, it brings back what that has not."""
    return Change({key: _stored(data, key)[0] for key in keys_in(data) if is_key(key)}, read_removed(data)[0])


def keys_in(data: Data) -> set[str]:
    """The keys that `data` has something about, readable or not."""
    return {name.removeprefix(WARM_PREFIX) for name in data if name != REMOVED}


def size_of(data: Mapping[str, str | None]) -> int:
    """Bytes of names and texts in UTF-8: what a ConfigMap's limit of 1 MiB counts."""
    return sum(len(name.encode()) + len((text or "").encode()) for name, text in data.items())


def seconds_of(time: datetime) -> Seconds:
    """Whole seconds since 1970 of a time; a naive one counts as UTC. Never UNKNOWN_AGE, nor beyond the year 9999."""
    return min(max(UNKNOWN_AGE + 1, int(aware(time).timestamp())), _LATEST)


def _merge_key(data: Data, key: str, bound: Warm, removed: Warm, max_nodes: int) -> dict[str, str | None]:
    warm, _ = _stored(data, key)
    _raise_to(warm, bound)
    kept = _newest_first(warm)[:max_nodes]
    if not kept:
        return {}
    last = next((node for node, time in kept if _is_alive(node, time, removed)), None)
    return {key: last, WARM_PREFIX + key: _text(dict(kept))}


def _stored(data: Data, key: str) -> tuple[dict[str, Seconds], int]:
    """The stored warm nodes of `key`, removed ones included, and how many of its texts or entries made no sense."""
    warm, malformed = _times(data.get(WARM_PREFIX + key, "{}"))
    if (bare := data.get(key)) is not None:
        if is_node_name(bare):
            warm.setdefault(bare, UNKNOWN_AGE)
        else:
            malformed += 1
    return warm, malformed


def _times(text: str) -> tuple[dict[str, Seconds], int]:
    """Node -> time, and how many entries made no sense: one where the whole text made none."""
    malformed = 0
    try:
        times = msgspec.json.decode(text, type=dict[str, datetime | None])
    except UNREADABLE:
        times, malformed = _salvaged(text)
    good = {
        node: UNKNOWN_AGE if time is None else seconds_of(time) for node, time in times.items() if is_node_name(node)
    }
    return good, malformed + len(times) - len(good)


def _salvaged(text: str) -> tuple[dict[str, datetime | None], int]:
    """What can be read of a text that cannot be read whole, so that one slip of a person's costs one entry."""
    try:
        values = msgspec.json.decode(text, type=dict[str, Any])
    except UNREADABLE:
        return {}, 1
    times: dict[str, datetime | None] = {}
    for node, value in values.items():
        with contextlib.suppress(msgspec.ValidationError):
            times[node] = msgspec.convert(value, datetime | None)
    return times, len(values) - len(times)


def _text(warm: Warm) -> str:
    times = {
        node: None if time == UNKNOWN_AGE else datetime.fromtimestamp(time, UTC) for node, time in _newest_first(warm)
    }
    return msgspec.json.encode(times).decode()


def _newest_first(warm: Warm) -> list[tuple[str, Seconds]]:
    return sorted(warm.items(), key=lambda item: (item[1], item[0]), reverse=True)


def _is_alive(node: str, bound: Seconds, removed: Warm) -> bool:
    return node not in removed or bound > removed[node]


def _raise_to(warm: dict[str, Seconds], later: Warm) -> None:
    for node, time in later.items():
        warm[node] = max(time, warm.get(node, UNKNOWN_AGE))


def _keys_with(data: Data, nodes: set[str]) -> set[str]:
    """The keys whose last node is one of `nodes`: their readable line must change with a removal."""
    return {name for name, text in data.items() if text in nodes and is_key(name)}


def _evict(data: Data, updates: dict[str, str | None], max_bytes: int) -> dict[str, str | None]:
    whole = {name: text for name, text in {**data, **updates}.items() if text is not None}
    excess = size_of(whole) - max_bytes
    if excess <= 0:
        return updates
    ours = sorted(filter(is_key, keys_in(whole)), key=lambda key: (_last_use(whole, key), key))
    for key in ours[:-1]:
        pair = {name: whole[name] for name in (key, WARM_PREFIX + key) if name in whole}
        updates |= dict.fromkeys(pair)
        excess -= size_of(pair)
        if excess <= 0:
            return {name: text for name, text in updates.items() if text is not None or name in data}
    raise StoreRefused(_why_no_room(whole, max_bytes))


def _why_no_room(data: Data, max_bytes: int) -> str:
    others = {name: size_of({name: text}) for name, text in data.items() if not is_key(name.removeprefix(WARM_PREFIX))}
    if not others:
        return f"the history's last key does not fit into {max_bytes} bytes: raise HOOKRUNNER_HISTORY_MAX_BYTES"
    largest = max(others, key=others.__getitem__)
    return (
        f"no key of the history fits into {max_bytes} bytes beside what else is there, {sum(others.values())} bytes, "
        f"most of it in {largest!r}, {others[largest]} bytes: take that out, or raise HOOKRUNNER_HISTORY_MAX_BYTES"
    )


def _last_use(data: Data, key: str) -> Seconds:
    return max(_stored(data, key)[0].values(), default=UNKNOWN_AGE)
