"""The history's text form: what a change writes into it, and what leaves when it is full."""

import pytest

from function.errors import StoreRefused
from function.history import MAX_REMOVED, Change, combine, merge, read_removed, size_of
from tests.support.histories import EIGHT, NINE, TEN, warm

MANY = 1_000_000


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


@pytest.mark.parametrize(
    ("data", "max_bytes", "message"),
    [
        pytest.param(
            FULL | {"_note": "x" * 790_000, "z": "Not A Node"},
            786_432,
            "no key of the history fits into 786432 bytes beside what else is there, 790005 bytes, most of it in "
            "'_note', 790005 bytes: take that out, or raise HOOKRUNNER_HISTORY_MAX_BYTES",
            id="all of it is a person's",
        ),
        pytest.param(
            {"note a": "x" * 99, "note b": ""},
            110,
            "no key of the history fits into 110 bytes beside what else is there, 111 bytes, most of it in 'note a', "
            "105 bytes: take that out, or raise HOOKRUNNER_HISTORY_MAX_BYTES",
            id="the rest is too little",
        ),
        pytest.param(
            {},
            30,
            "the history's last key does not fit into 30 bytes: raise HOOKRUNNER_HISTORY_MAX_BYTES",
            id="a limit that is too low",
        ),
    ],
)
def test_no_room(data: dict[str, str], max_bytes: int, message: str) -> None:
    """Where not one key would stay, nothing is written, and the error says what takes the room."""
    with pytest.raises(StoreRefused) as caught:
        merge(data, Change({"17": {"node-3": TEN}}), max_nodes=3, max_bytes=max_bytes)
    assert str(caught.value) == message


def test_combine() -> None:
    """One change does what all of them do."""
    changes = [
        Change({"1": {"a": 5}}),
        Change({"1": {"a": 4, "b": 9}, "2": {"a": 1}}, {"x": 3}),
        Change({}, {"x": 2, "y": 1}),
    ]
    assert combine(changes) == Change({"1": {"a": 5, "b": 9}, "2": {"a": 1}}, {"x": 3, "y": 1})
