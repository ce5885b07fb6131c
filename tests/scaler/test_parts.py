"""What is known of a source's parts: who told it last, what failed since, and what is asked for next."""

from function.errors import GitLabUnavailable
from scaler.gitlab import Listing
from scaler.parts import Parts
from scaler.sweep import Unit

A, B, C = (Unit("project", number) for number in range(3))
AWAY = GitLabUnavailable("away", 503)


def listing(asked_at: float, number: int = 1) -> Listing:
    """An empty list that was asked for then, in that round."""
    return Listing((), asked_at=asked_at, round=number)


def told(**listings: Listing) -> Parts:
    """Parts A, B, C of which some were told."""
    parts = Parts()
    for name, one in listings.items():
        parts.tell({"a": A, "b": B, "c": C}[name], one)
    return parts


def test_later_one_counts() -> None:
    """Of two counts of a part, the one that was asked for later is kept, whichever comes first."""
    parts = told(a=listing(5.0), b=listing(3.0))
    parts.tell(A, listing(4.0))
    parts.tell(B, listing(6.0))
    assert (parts.listings, parts.taken_at) == ({A: listing(5.0), B: listing(6.0)}, 5.0)


def test_order() -> None:
    """New parts come first, then those that were not asked for longest, whatever came of it."""
    parts = Parts()
    parts.ask(A, 2.0)
    parts.ask(B, 1.0)
    assert parts.order([A, B, C]) == [C, B, A]


def test_failed_parts() -> None:
    """A part that failed in a round has no count any more, unless an event had it counted in that round."""
    parts = told(a=listing(1.0, 1), b=listing(3.0, 2), c=listing(1.0, 1))
    left = parts.after({A: AWAY, B: AWAY}, 2)
    assert (left.listings, left.failures) == ({B: listing(3.0, 2), C: listing(1.0, 1)}, {A: AWAY})
    assert [left.knows(unit) for unit in (A, B, Unit("project", 9))] == [True, True, False]


def test_nothing_told() -> None:
    """Where a round told nothing at all, GitLab is away: every part stays as it was."""
    parts = told(a=listing(1.0, 1), b=listing(1.0, 1))
    left = parts.after({A: AWAY, B: AWAY}, 2)
    assert (left.listings, left.failures) == (parts.listings, {})


def test_told_again() -> None:
    """A part that is told after it failed is no failure any more."""
    left = told(a=listing(1.0, 1), b=listing(2.0, 2)).after({A: AWAY}, 2)
    left.tell(A, listing(3.0, 3))
    assert (left.listings, left.failures) == ({A: listing(3.0, 3), B: listing(2.0, 2)}, {})


def test_parts_that_are_gone() -> None:
    """Of a project that is no longer listed, nothing is kept."""
    parts = told(a=listing(1.0, 1), b=listing(2.0, 2)).after({A: AWAY}, 2)
    parts.ask(A, 9.0)
    parts.keep([B, C])
    assert (parts.listings, parts.failures, parts.order([A, B])) == ({B: listing(2.0, 2)}, {}, [A, B])
