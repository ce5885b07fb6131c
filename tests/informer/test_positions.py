"""How far delivery got, and what the Lease says of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from informer.checkpoint import notes_of, position_of
from informer.positions import Progress


@given(st.data())
def test_the_position_never_passes_an_event_that_is_under_way(data: st.DataObject) -> None:
    """Whatever the order in which deliveries end: the position is that of the last one before the first gap."""
    kinds = data.draw(st.lists(st.sampled_from(["event", "passed"]), min_size=1, max_size=30))
    progress = Progress("0")
    open_steps = {}
    for number, kind in enumerate(kinds, 1):
        if kind == "passed":
            progress.passed(str(number))
        else:
            open_steps[number] = progress.begin(str(number))
    for number in data.draw(st.permutations(sorted(open_steps))):
        progress.finish(open_steps.pop(number))
        assert int(progress.position) == min(open_steps, default=len(kinds) + 1) - 1


def test_a_list_counts_once_it_is_whole() -> None:
    """Its items have no position of their own."""
    progress = Progress("")
    first, second = progress.begin(""), progress.begin("")
    progress.passed("9")

    positions = [progress.position]
    for step in (second, first):
        progress.finish(step)
        positions.append(progress.position)

    assert positions == ["", "", "9"]


def test_what_needs_no_delivery_takes_no_room() -> None:
    """A hundred thousand status changes behind an event that waits are one step."""
    progress = Progress("1")
    waiting = progress.begin("2")
    for position in range(3, 100_003):
        progress.passed(str(position))

    assert (progress.position, progress.steps) == ("1", 2)
    progress.finish(waiting)
    assert (progress.position, progress.steps) == ("100002", 0)


def test_what_is_delivered_behind_an_event_that_waits_takes_no_room() -> None:
    """Two hundred thousand of them, in whatever order they finish: one step beside the one that waits."""
    progress = Progress("1")
    waiting = progress.begin("2")
    steps = [progress.begin(str(position)) for position in range(3, 200_003)]
    for step in steps[::2] + steps[:0:-2]:
        progress.finish(step)

    assert (progress.position, progress.steps) == ("1", 2)
    progress.finish(waiting)
    assert (progress.position, progress.steps) == ("200002", 0)


@pytest.mark.parametrize(
    ("annotations", "position"),
    [
        pytest.param({}, "", id="none yet"),
        pytest.param({"hookrunner.dev/delivered-pods": "4711"}, "4711", id="a resourceVersion"),
        pytest.param({"hookrunner.dev/delivered-nodes": "4711"}, "", id="another resource's"),
        pytest.param({"hookrunner.dev/delivered-pods": "soon"}, "", id="a person's word"),
        pytest.param({"hookrunner.dev/delivered-pods": "-1"}, "", id="negative"),
        pytest.param({"hookrunner.dev/delivered-pods": "9" * 5000}, "", id="more digits than any number has"),
        pytest.param({"hookrunner.dev/delivered-pods": "0"}, "", id="0 would mean any"),
        pytest.param({"hookrunner.dev/delivered-pods": ""}, "", id="empty"),
    ],
)
def test_where_to_resume(annotations: dict[str, str], position: str) -> None:
    """What makes no sense means: list everything."""
    assert position_of(annotations, "pods") == position


def test_notes_say_what_is_known() -> None:
    """A resource that was not listed yet leaves its annotation as it was."""
    assert notes_of({"pods": Progress("17"), "nodes": Progress("")}) == {"hookrunner.dev/delivered-pods": "17"}
