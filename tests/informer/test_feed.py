"""What sights of pods and nodes become, and how far that is delivered."""

from datetime import UTC, datetime

import msgspec

from informer.bindings import Naming, Sent
from informer.feed import Feed, node_events, pod_events
from informer.lanes import Outgoing
from informer.positions import Progress
from informer.watch import Seen
from informer.wire import Node, Pod

NAMING = Naming("prod-1", "runner", ("runner",), {})


def pod(uid: str, position: str, kind: str) -> Seen[Pod]:
    """A sight of a bound pod."""
    meta = {"name": uid, "uid": uid, "labels": {"runner": "7"}, "creationTimestamp": "2026-11-24T08:00:00Z"}
    return Seen(msgspec.convert({"metadata": meta, "spec": {"nodeName": "node-1"}}, Pod), position, kind)


def node(name: str, kind: str) -> Seen[Node]:
    """A sight of a node."""
    return Seen(msgspec.convert({"metadata": {"name": name, "uid": f"uid of {name}"}}, Node), "5", kind)


def test_a_pod_is_told_when_it_is_listed_or_added_and_once() -> None:
    """Not with each change of it, nor at its end: a restarted informer sees those of pods that were told long ago."""
    event_of = pod_events(NAMING, Sent())
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
    event_of = pod_events(NAMING, Sent())

    told = [event_of(pod("a", "1", kind)) is not None for kind in ("ADDED", "DELETED", "ADDED")]

    assert told == [True, False, True]


def test_only_a_node_that_goes_is_told() -> None:
    """By the API server's time, in whole seconds."""
    now = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC)
    event_of = node_events(NAMING, lambda: now)
    sights = [node("a", "LISTED"), node("a", "MODIFIED"), node("a", "DELETED"), Seen(None, "9", "BOOKMARK")]

    told = [event and (event["id"], event["data"]) for event in map(event_of, sights)]

    assert told == [None, None, ("uid of a", {"node": "a", "removedAt": "2026-11-24T09:00:00Z"}), None]


def test_the_position_follows_what_is_settled() -> None:
    """What tells nothing passes; what tells something waits for its delivery."""
    progress = Progress("1")
    put: list[Outgoing] = []
    feed = Feed(pod_events(NAMING, Sent()), progress, put.append)

    feed.run([pod("old", "2", "MODIFIED"), pod("a", "3", "ADDED"), pod("a", "4", "MODIFIED")])
    before = progress.position
    put[0].settled(True)

    assert (before, progress.position) == ("2", "4")
    assert [(event.key, event.id) for event in put] == [("7", "a")]
