"""What sights of pods and nodes become, and how far that is delivered."""

from datetime import UTC, datetime

import msgspec
import pytest

from function.events import Event
from function.history import Change, combine, merge, read_entry, read_removed, seconds_of
from function.record import change_of
from informer.bindings import Naming, Sent
from informer.feed import Feed, node_events, pod_events
from informer.lanes import Outgoing
from informer.latest import LastBound
from informer.positions import Progress
from informer.watch import Seen
from informer.wire import Node, Pod

NAMING = Naming("prod-1", "runner", ("runner",), {})


def pod(uid: str, position: str, kind: str, made: str = "2026-11-24T08:00:00Z") -> Seen[Pod]:
    """A sight of a bound pod."""
    meta = {"name": uid, "uid": uid, "labels": {"runner": "7"}, "creationTimestamp": made, "resourceVersion": position}
    return Seen(msgspec.convert({"metadata": meta, "spec": {"nodeName": "node-1"}}, Pod), position, kind)


def node(name: str, kind: str, position: str = "5") -> Seen[Node]:
    """A sight of a node."""
    meta = {"name": name, "uid": f"uid of {name}", "managedFields": [{"time": "2026-11-24T08:00:10Z"}]}
    return Seen(msgspec.convert({"metadata": meta}, Node), position, kind)


def test_a_pod_is_told_when_it_is_listed_or_added_and_once() -> None:
    """Not with each change of it, nor at its end: a restarted informer sees those of pods that were told long ago."""
    event_of = pod_events(NAMING, Sent(), LastBound())
    sights = [
        pod("old", "1", "MODIFIED"),
        pod("old", "2", "DELETED"),
        pod("listed", "", "LISTED"),
        pod("added", "3", "ADDED"),
        pod("added", "4", "MODIFIED"),
        pod("listed", "", "LISTED"),
        Seen(None, "5", "BOOKMARK"),
    ]

    told = [event["id"] if (event := event_of(sight)) else None for sight in sights]

    assert told == [None, None, "listed", "added", None, None, None]


def test_a_pod_that_is_gone_is_forgotten() -> None:
    """It cannot come back; should its UID do so, that would be another binding."""
    event_of = pod_events(NAMING, Sent(), LastBound())

    told = [event_of(pod("a", "1", kind)) is not None for kind in ("ADDED", "DELETED", "ADDED")]

    assert told == [True, False, True]


def test_only_a_node_that_goes_is_told() -> None:
    """And each time in the same words, whenever that is seen: a restarted informer may see it again."""
    event_of = node_events(NAMING, LastBound())
    sights = [node("a", "LISTED"), node("a", "MODIFIED"), *[node("a", "DELETED")] * 2, Seen(None, "9", "BOOKMARK")]

    told = [event and (event["id"], event["data"]) for event in map(event_of, sights)]

    gone = ("uid of a", {"node": "a", "removedAt": "2026-11-24T08:00:10Z"})
    assert told == [None, None, gone, gone, None]


@pytest.mark.parametrize(
    ("bound_in", "gone_in", "time"),
    [
        pytest.param("4", "5", "08:00:30", id="bound before: the node was there then"),
        pytest.param("6", "5", "08:00:10", id="bound after: to another of this name"),
        pytest.param("soon", "5", "08:00:10", id="nonsense"),
        pytest.param("4", "9" * 5000, "08:00:10", id="more digits than any number has"),
    ],
)
def test_a_removal_is_not_before_the_last_binding(bound_in: str, gone_in: str, time: str) -> None:
    """Which of the two was first is what the resourceVersions say, not the order in which they are seen."""
    last = LastBound()
    pod_events(NAMING, Sent(), last)(pod("a", bound_in, "ADDED", made="2026-11-24T08:00:30Z"))

    event = node_events(NAMING, last)(node("node-1", "DELETED", gone_in))

    assert event is not None
    assert event["data"] == {"node": "node-1", "removedAt": f"2026-11-24T{time}Z"}


def test_a_removal_that_is_seen_late_hides_no_later_binding() -> None:
    """Deleted, back under its name, and bound at 08:00:20: seen only when the informer runs again."""
    gone = node_events(NAMING, LastBound())(node("node-1", "DELETED"))
    assert gone is not None
    earlier, later = ({"node-1": seconds_of(datetime(2026, 11, 24, 8, 0, second, tzinfo=UTC))} for second in (10, 20))
    removal = change_of(Event({"type": gone["type"]}, gone["data"]))
    change = combine([Change(bound={"7": earlier, "8": later}), removal])

    data = {name: text or "" for name, text in merge({}, change, 8, 10_000).items() if text is not None}
    removed, _ = read_removed(data)

    assert [read_entry(data, key, removed).warm for key in ("7", "8")] == [(), tuple(later.items())]


def test_the_position_follows_what_is_settled() -> None:
    """What tells nothing passes; what tells something waits for its delivery."""
    progress = Progress("1")
    put: list[Outgoing] = []
    feed = Feed(pod_events(NAMING, Sent(), LastBound()), progress, put.append)

    feed.run([pod("old", "2", "MODIFIED"), pod("a", "3", "ADDED"), pod("a", "4", "MODIFIED")])
    before = progress.position
    put[0].settled(True)

    assert (before, progress.position) == ("2", "4")
    assert [(event.key, event.id) for event in put] == [("7", "a")]
