"""The history's text form: what is read of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from function.history import UNKNOWN_AGE, Entry, Seconds, keys_in, read_entry, read_removed, seconds_of, size_of
from tests.support.histories import EIGHT, warm


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
