"""Which events are sent again, in what order, and when."""

from datetime import UTC, datetime

import pytest

from informer.replay.recordings import Event
from informer.replay.selection import Pace, Selection, instant, time_of

AT = "2026-11-24T08:00:{:02}Z"
EVENTS: list[Event] = [
    {"id": "a", "time": AT.format(0), "data": {"key": "1"}},
    {"id": "b", "time": AT.format(10), "data": {"key": "2"}},
    {"id": "c", "time": AT.format(20), "data": {"key": "1"}},
    {"id": "d", "data": "text"},
]


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        pytest.param(Selection(), "abcd", id="all"),
        pytest.param(Selection(since=instant(AT.format(10))), "bc", id="from: included"),
        pytest.param(Selection(until=instant(AT.format(20))), "ab", id="to: left out"),
        pytest.param(Selection(key="1"), "ac", id="a key"),
        pytest.param(Selection(key="1", since=instant(AT.format(5))), "c", id="both"),
        pytest.param(Selection(times=3, key="2"), "bbb", id="three times each"),
        pytest.param(Selection(shuffle=4), "cadb", id="in a random order that can be had again"),
    ],
)
def test_what_is_chosen(selection: Selection, ids: str) -> None:
    """An event without a time is in no span of time."""
    assert "".join(event["id"] for event in selection.of(EVENTS)) == ids


@pytest.mark.parametrize(
    ("speed", "due"),
    [
        pytest.param(1.0, [0.0, 10.0, 20.0, 0.0], id="as recorded"),
        pytest.param(10.0, [0.0, 1.0, 2.0, 0.0], id="ten times as fast"),
    ],
)
def test_when_each_is_due(speed: float, due: list[float]) -> None:
    """Seconds after the first; at once without a time."""
    pace = Pace(speed)

    assert [pace.due(event) for event in EVENTS] == due


def test_an_event_from_before_the_first_is_due_at_once() -> None:
    """Recordings need not be in order."""
    pace = Pace(1.0)

    assert [pace.due(event) for event in reversed(EVENTS[:2])] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24T08:00:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24t08:00:00z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T09:00:00.123456789+01:00", datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("1990-12-31T15:59:60.5-08:00", datetime(1991, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_every_time_of_rfc_3339_is_read(text: str, time: datetime) -> None:
    """In lower case too, and a leap second as the one after it: Python's clock has none."""
    assert instant(text) == time


@pytest.mark.parametrize("text", ["", "soon", "2026-11-24T08:00:61Z", "2026-11-24T08:60:00Z", "9999-12-31T23:59:60Z"])
def test_what_is_no_time(text: str) -> None:
    """The event counts as one without a time."""
    assert time_of({"time": text}) is None
