"""The history's text form: what is read of it, and what a change writes into it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from function.history import (
    MAX_REMOVED,
    UNKNOWN_AGE,
    Change,
    Entry,
    Seconds,
    combine,
    keys_in,
    merge,
    read_entry,
    read_removed,
    seconds_of,
    size_of,
)

EIGHT = 1_795_507_200
"""2026-11-24T08:00:00Z, in seconds since 1970."""
NINE, TEN = EIGHT + 3600, EIGHT + 7200
MANY = 1_000_000


def warm(**nodes: str | None) -> str:
    """The text of warm nodes, in the order given; a node's `_` stands for `-`, times are hours of that day."""
    members = (f'"{n.replace("_", "-")}":' + ("null" if t is None else f'"2026-11-24T{t}Z"') for n, t in nodes.items())
    return "{" + ",".join(members) + "}"


@pytest.mark.parametrize(
    ("data", "entry"),
    [
        pytest.param({}, Entry(), id="nothing"),
        pytest.param({"17": "node-3"}, Entry((("node-3", UNKNOWN_AGE),)), id="bare, by a person or an older tool"),
        pytest.param(
            {"17": "node-3", "_warm.17": warm(node_7="07:10:00", node_3="08:00:00")},
            Entry((("node-3", EIGHT), ("node-7", EIGHT - 3000))),
            id="newest first, whatever the text's order",
        ),
        pytest.param(
            {"_warm.17": warm(node_1="08:00:00", node_2="08:00:00")},
            Entry((("node-2", EIGHT), ("node-1", EIGHT))),
            id="one second: the greater name first",
        ),
        pytest.param(
            {"17": "node-9", "_warm.17": warm(node_3="08:00:00")},
            Entry((("node-3", EIGHT), ("node-9", UNKNOWN_AGE))),
            id="a person named another node",
        ),
        pytest.param({"_warm.17": warm(node_3=None)}, Entry((("node-3", UNKNOWN_AGE),)), id="null is an unknown time"),
        pytest.param({"17": "Not A Node"}, Entry((), malformed=1), id="bare text that names no node"),
        pytest.param({"17": ""}, Entry((), malformed=1), id="empty bare text"),
        pytest.param({"_warm.17": '{"node-3":'}, Entry((), malformed=1), id="truncated JSON"),
        pytest.param({"_warm.17": "[" * 10_000}, Entry((), malformed=1), id="nested too deep"),
        pytest.param({"_warm.17": "[]"}, Entry((), malformed=1), id="a list"),
        pytest.param({"_warm.17": '{"node-3":17}'}, Entry((), malformed=1), id="a number for a time"),
        pytest.param({"_warm.17": '{"node-3":"yesterday"}'}, Entry((), malformed=1), id="a word for a time"),
        pytest.param({"_warm.17": '{"NODE":null}'}, Entry((), malformed=1), id="a name that names no node"),
        pytest.param(
            {"_warm.17": '{"node-3":"2026-11-24T08:00:00Z","NODE":null,"node-4":5,"node-5":null}'},
            Entry((("node-3", EIGHT), ("node-5", UNKNOWN_AGE)), malformed=2),
            id="two entries of four: the others are read",
        ),
        pytest.param(
            {"17": "node-9", "_removed": '{"node-9":"2026-11-24T08:00:00Z","x":1}'}, Entry(), id="one of the removed"
        ),
        pytest.param(
            {"17": "node-3", "_warm.17": "x"},
            Entry((("node-3", UNKNOWN_AGE),), malformed=1),
            id="bare is right, list not",
        ),
        pytest.param(
            {"_warm.17": warm(node_3="08:00:00", node_9="08:00:00"), "_removed": warm(node_9="08:00:00")},
            Entry((("node-3", EIGHT),)),
            id="removed in the second of its binding",
        ),
        pytest.param(
            {"_warm.17": warm(node_9="08:00:01"), "_removed": warm(node_9="08:00:00")},
            Entry((("node-9", EIGHT + 1),)),
            id="bound again after its removal",
        ),
        pytest.param({"17": "node-9", "_removed": warm(node_9="08:00:00")}, Entry(), id="bare, and removed since"),
        pytest.param(
            {"17": "node-3", "_removed": "x"}, Entry((("node-3", UNKNOWN_AGE),)), id="the removed cannot be read"
        ),
        pytest.param({"170": "node-3", "_warm.1": warm(node_3="08:00:00")}, Entry(), id="other keys"),
    ],
)
def test_read_entry(data: dict[str, str], entry: Entry) -> None:
    """What the data knows of key 17."""
    removed, _ = read_removed(data)
    assert read_entry(data, "17", removed) == entry


@pytest.mark.parametrize(
    ("text", "removed", "malformed"),
    [
        pytest.param("{}", {}, 0, id="none"),
        pytest.param(warm(node_9="08:00:00"), {"node-9": EIGHT}, 0, id="one"),
        pytest.param("x", {}, 1, id="no JSON"),
        pytest.param('{"node-9":"2026-11-24T08:00:00Z","NODE":null,"x":1}', {"node-9": EIGHT}, 2, id="two of three"),
    ],
)
def test_read_removed(text: str, removed: dict[str, Seconds], malformed: int) -> None:
    """The removed nodes that can be read, and how many entries cannot."""
    assert read_removed({"_removed": text}) == (removed, malformed)


def test_nothing_removed() -> None:
    """Without the text, nothing was removed."""
    assert read_removed({}) == ({}, 0)


@pytest.mark.parametrize(
    ("oldest", "limit", "nodes"),
    [
        pytest.param(0, 9, ("c", "b", "a", "x"), id="all"),
        pytest.param(9, 9, ("c", "b", "x"), id="the oldest that may be is still fresh"),
        pytest.param(10, 9, ("c", "x"), id="a second later it is not"),
        pytest.param(0, 2, ("c", "b"), id="as many as are wanted"),
    ],
)
def test_fresh(oldest: Seconds, limit: int, nodes: tuple[str, ...]) -> None:
    """Nodes of that time or later, and of an unknown time, as many as are wanted."""
    assert Entry((("c", 10), ("b", 9), ("a", 8), ("x", UNKNOWN_AGE))).fresh(oldest, limit) == nodes


@pytest.mark.parametrize(
    ("data", "change", "updates"),
    [
        pytest.param({}, Change(), {}, id="nothing to nothing"),
        pytest.param({}, Change({"17": {}}), {}, id="a key without a binding"),
        pytest.param(
            {},
            Change({"17": {"node-3": EIGHT}}),
            {"17": "node-3", "_warm.17": warm(node_3="08:00:00")},
            id="a first binding",
        ),
        pytest.param(
            {"17": "node-3", "_warm.17": warm(node_3="08:00:00")},
            Change({"17": {"node-3": EIGHT}}),
            {},
            id="the same again",
        ),
        pytest.param(
            {"17": "node-3", "_warm.17": warm(node_3="08:00:00")},
            Change({"17": {"node-3": EIGHT - 1}}),
            {},
            id="an earlier time of the same node",
        ),
        pytest.param(
            {"17": "node-3", "_warm.17": warm(node_3="08:00:00")},
            Change({"17": {"node-7": NINE}}),
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00", node_3="08:00:00")},
            id="a later binding",
        ),
        pytest.param(
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00")},
            Change({"17": {"node-3": EIGHT}}),
            {"_warm.17": warm(node_7="09:00:00", node_3="08:00:00")},
            id="an earlier one that comes late: the last node stays",
        ),
        pytest.param(
            {"17": "node-2", "_warm.17": warm(node_2="10:00:00", node_1="09:00:00")},
            Change({"17": {"node-9": EIGHT}}),
            {"_warm.17": warm(node_2="10:00:00", node_1="09:00:00", node_9="08:00:00")},
            id="a third node",
        ),
        pytest.param(
            {"17": "node-3", "_warm.17": warm(node_3="10:00:00", node_2="09:00:00", node_1="08:00:00")},
            Change({"17": {"node-4": TEN + 1}}),
            {"17": "node-4", "_warm.17": warm(node_4="10:00:01", node_3="10:00:00", node_2="09:00:00")},
            id="a fourth: the oldest leaves",
        ),
        pytest.param(
            {"17": "node-3"},
            Change({"17": {"node-7": NINE}}),
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00", node_3=None)},
            id="what a person wrote is kept, at an unknown time",
        ),
        pytest.param(
            {"17": "Not A Node", "_warm.17": "x"},
            Change({"17": {"node-7": NINE}}),
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00")},
            id="what cannot be read is overwritten",
        ),
        pytest.param(
            {"_warm.17": '{"node-3":"2026-11-24T08:00:00Z","NODE":null}'},
            Change({"17": {"node-7": NINE}}),
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00", node_3="08:00:00")},
            id="what can be read beside it is kept",
        ),
        pytest.param(
            {"18": "Not A Node", "_warm.19": "x", "README": "do not touch", "a b": "?"},
            Change({"17": {"node-7": NINE}}),
            {"17": "node-7", "_warm.17": warm(node_7="09:00:00")},
            id="what cannot be read elsewhere is kept",
        ),
        pytest.param(
            {},
            Change({"17": {"node-3": EIGHT}, "18.4": {"node-3": NINE, "node-1": EIGHT}}),
            {
                "17": "node-3",
                "_warm.17": warm(node_3="08:00:00"),
                "18.4": "node-3",
                "_warm.18.4": warm(node_3="09:00:00", node_1="08:00:00"),
            },
            id="two keys",
        ),
        pytest.param(
            {},
            Change(removed={"node-9": NINE}),
            {"_removed": warm(node_9="09:00:00")},
            id="a removal of a node that nobody knows",
        ),
        pytest.param(
            {"17": "node-9", "_warm.17": warm(node_9="09:00:00", node_3="08:00:00")},
            Change(removed={"node-9": NINE}),
            {"17": "node-3", "_removed": warm(node_9="09:00:00")},
            id="the last node is removed: the one before it is last",
        ),
        pytest.param(
            {"17": "node-9", "_warm.17": warm(node_9="09:00:00")},
            Change(removed={"node-9": NINE}),
            {"17": None, "_removed": warm(node_9="09:00:00")},
            id="the only node is removed: no last one",
        ),
        pytest.param(
            {"17": "node-9", "_warm.17": warm(node_9="10:00:00")},
            Change(removed={"node-9": NINE}),
            {"_removed": warm(node_9="09:00:00")},
            id="removed before the last binding",
        ),
        pytest.param(
            {"_removed": warm(node_9="09:00:00")},
            Change({"17": {"node-9": EIGHT}}),
            {"_warm.17": warm(node_9="08:00:00")},
            id="bound before its removal, told after: no last node",
        ),
        pytest.param({"_removed": warm(node_9="09:00:00")}, Change(removed={"node-9": EIGHT}), {}, id="an old removal"),
        pytest.param(
            {"_removed": "x"},
            Change(removed={"node-9": NINE}),
            {"_removed": warm(node_9="09:00:00")},
            id="removed nodes that cannot be read are overwritten",
        ),
    ],
)
def test_merge(data: dict[str, str], change: Change, updates: dict[str, str | None]) -> None:
    """What a change writes, with three nodes for each key; None deletes."""
    assert merge(data, change, max_nodes=3, max_bytes=MANY) == updates


def test_removed_nodes_are_bounded() -> None:
    """The latest removals stay."""
    times = {f"node-{index}": EIGHT + index for index in range(MAX_REMOVED + 5)}
    text = merge({}, Change(removed=times), max_nodes=3, max_bytes=MANY)["_removed"]
    kept = {node: time for node, time in times.items() if time >= EIGHT + 5}
    assert read_removed({"_removed": text or ""}) == (kept, 0)


def key_of_bytes(key: str, node: str, hour: str) -> dict[str, str]:
    """One key's two texts."""
    return {key: node, f"_warm.{key}": warm(**{node: hour})}


FULL = key_of_bytes("1", "a", "08:00:00") | key_of_bytes("2", "b", "07:00:00") | key_of_bytes("3", "c", "09:00:00")


@pytest.mark.parametrize(
    ("data", "change", "room", "updates"),
    [
        pytest.param(FULL, Change(), 0, {}, id="just full"),
        pytest.param(FULL, Change(), -1, {"2": None, "_warm.2": None}, id="one byte too many: the oldest leaves"),
        pytest.param(
            FULL,
            Change({"4": {"d": TEN}}),
            0,
            key_of_bytes("4", "d", "10:00:00") | {"2": None, "_warm.2": None},
            id="a new key takes the oldest one's room",
        ),
        pytest.param(FULL, Change({"4": {"d": EIGHT - 9000}}), 0, {}, id="a new key that is the oldest is not kept"),
        pytest.param(
            FULL, Change(), -50, {"1": None, "_warm.1": None, "2": None, "_warm.2": None}, id="two leave at once"
        ),
        pytest.param(FULL | {"5": "e"}, Change(), 0, {"5": None}, id="a key of unknown age is the oldest"),
        pytest.param(
            FULL | {"note to self": "x" * 20},
            Change(),
            30,
            {"2": None, "_warm.2": None},
            id="what is no key counts, and stays",
        ),
    ],
)
def test_eviction(data: dict[str, str], change: Change, room: int, updates: dict[str, str | None]) -> None:
    """Where all of it takes more than the limit, the keys that were unused longest leave."""
    assert merge(data, change, max_nodes=3, max_bytes=size_of(FULL) + room) == updates


def test_combine() -> None:
    """One change does what all of them do."""
    changes = [
        Change({"1": {"a": 5}}),
        Change({"1": {"a": 4, "b": 9}, "2": {"a": 1}}, {"x": 3}),
        Change({}, {"x": 2, "y": 1}),
    ]
    assert combine(changes) == Change({"1": {"a": 5, "b": 9}, "2": {"a": 1}}, {"x": 3, "y": 1})


def test_keys_in() -> None:
    """Keys are found by either of their texts."""
    assert keys_in({"17": "a", "_warm.17": "b", "_warm.18": "c", "_removed": "d"}) == {"17", "18"}


def test_size_of() -> None:
    """Bytes count, not characters."""
    assert size_of({"ab": "ü", "c": None}) == 5


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        pytest.param(datetime(2026, 11, 24, 8, tzinfo=UTC), EIGHT, id="UTC"),
        pytest.param(datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=1))), EIGHT, id="elsewhere"),
        pytest.param(datetime(2026, 11, 24, 8), EIGHT, id="naive counts as UTC"),  # noqa: DTZ001 - what is tested
        pytest.param(datetime(2026, 11, 24, 8, 0, 0, 999_999, UTC), EIGHT, id="a fraction is cut off"),
        pytest.param(datetime(1960, 1, 1, tzinfo=UTC), 1, id="before 1970: never the unknown age"),
        pytest.param(datetime.min.replace(tzinfo=timezone(timedelta(hours=23))), 1, id="the earliest of all"),
        pytest.param(
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=23))), 253_402_300_799, id="the latest of all"
        ),
    ],
)
def test_seconds_of(time: datetime, seconds: Seconds) -> None:
    """Whole seconds since 1970, always a time that can be written down again."""
    assert seconds_of(time) == seconds
    assert int(datetime.fromtimestamp(seconds, UTC).timestamp()) == seconds
