"""Which events are sent again, in what order, and when."""

import pytest

from informer.replay.recordings import Event
from informer.replay.selection import Pace, Selection, instant

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
