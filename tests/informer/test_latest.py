"""The last binding on each node."""

from datetime import UTC, datetime

from informer.latest import LastBound

EARLY, LATE = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (8, 9))


def test_the_last_binding_counts_if_it_was_before() -> None:
    """As numbers, not as texts: 9 is before 10."""
    last = LastBound()
    last.note("a", EARLY, "7")
    last.note("a", LATE, "9")

    assert [last.before(*asked) for asked in (("a", "10"), ("a", "9"), ("b", "10"))] == [LATE, None, None]


def test_nodes_are_remembered_within_a_bound() -> None:
    """The one of which nothing was heard for longest is forgotten first."""
    last = LastBound(limit=2)
    for node in ("a", "b", "a", "c"):
        last.note(node, EARLY, "7")

    assert [last.before(node, "8") for node in ("a", "b", "c")] == [EARLY, None, EARLY]
