"""What something adds to a create."""

import pytest

from bench.kit.added import added, added_ratio, columns, interleaved, pooled, ratio_by_round, rows
from bench.kit.ratios import Spread

BARE = [[1000, 2000, 3000], [1000, 2000, 9000]]
BOOK = [[3000, 4000, 5000], [3000, 4000, 11000]]
MINE = [[2000, 3000, 4000], [2000, 3000, 10000]]


@pytest.mark.parametrize(
    ("percent", "wanted"),
    [
        pytest.param(0, 1.0, id="the least"),
        pytest.param(50, 2.0, id="the median, of all rounds"),
        pytest.param(99, 9.0, id="p99 of few is the most"),
        pytest.param(100, 9.0, id="the most"),
    ],
)
def test_a_percentile_is_of_all_rounds_together(percent: float, wanted: float) -> None:
    """Milliseconds of microseconds."""
    assert pooled(BARE, percent) == wanted


def test_added_is_the_percentile_without_that_of_the_bare_create() -> None:
    """In milliseconds."""
    assert [added(BOOK, BARE, percent) for percent in (50, 99)] == [2.0, 2.0]


def test_the_ratio_of_what_is_added_has_the_spread_of_rounds_drawn_again() -> None:
    """Rounds that agree leave nothing open, whichever are drawn."""
    assert added_ratio(MINE, BOOK, BARE, 50) == Spread(0.5, 0.0)


def test_the_ratio_of_what_is_added_knows_how_little_it_knows() -> None:
    """One round of two differs: some draws have it twice. The same in every run."""
    found = added_ratio([MINE[0], BOOK[1]], BOOK, BARE, 99)

    assert (found.value, found.trusted) == (1.0, False)
    assert found == added_ratio([MINE[0], BOOK[1]], BOOK, BARE, 99)


def test_a_ratio_by_round_is_the_median_of_the_rounds() -> None:
    """One round is at 0.5 of the book, one at 1: the median is between, and they disagree."""
    assert ratio_by_round([MINE[0], BOOK[1]], BOOK, BARE) == Spread(0.75, 0.5 / 0.75)


def test_rounds_are_interleaved_and_the_first_does_not_count() -> None:
    """Everyone has the same number of turns, and another order in each round."""
    turns: list[tuple[str, int]] = []

    def create(variant: str, connections: int) -> list[int]:
        turns.append((variant, connections))
        return [len(turns)]

    found = interleaved(["none", "mine", "book"], (1, 8), 2, create)

    blocks = [turns[start : start + 3] for start in range(0, 18, 3)]
    assert [sorted(block) for block in blocks] == [
        [(name, number) for name in ("book", "mine", "none")] for _ in range(3) for number in (1, 8)
    ]
    assert blocks[0] != blocks[2]
    assert {number: {name: len(rounds) for name, rounds in by_name.items()} for number, by_name in found.items()} == {
        number: {"none": 2, "mine": 2, "book": 2} for number in (1, 8)
    }


def test_the_table_has_the_bare_create_and_what_the_others_add() -> None:
    """A row for each variant; ratios to the bases at each point, and by round to the first base."""
    found = {1: {"none": BARE, "book": BOOK, "mine": MINE}}

    heads = ["ms added", "at a time", "p50", "to Go", "p99", "to Go", "p50 to Go, by round"]
    assert columns({"book": "Go"}, [50, 99]) == heads
    assert rows(found, {"book": "Go"}, [50, 99]) == [
        ["none", "1", "2.00", "", "9.00", "", ""],
        ["book", "1", "+2.00", "1.00 ±0%", "+2.00", "1.00 ±0%", "1.00 ±0%"],
        ["mine", "1", "+1.00", "0.50 ±0%", "+1.00", "0.50 ±0%", "0.50 ±0%"],
    ]


def test_there_is_no_ratio_to_what_adds_nothing() -> None:
    """Noise can make the other one look faster than no webhook at all."""
    found = {1: {"none": BOOK, "book": BARE, "mine": MINE}}

    assert [row[3] for row in rows(found, {"book": "Go"}, [50])] == ["", "?", "?"]
