"""Whose turn it is."""

from bench.kit.turns import order

NAMES = ("a", "b", "c", "d")


def test_every_round_has_all_in_an_order_of_its_own_that_can_be_repeated() -> None:
    """Nobody is left out, and nobody always comes after the same neighbour."""
    rounds = [order(NAMES, turn) for turn in range(40)]

    assert all(sorted(names) == list(NAMES) for names in rounds)
    assert rounds == [order(NAMES, turn) for turn in range(40)]
    before_d = {names[names.index("d") - 1] for names in rounds if names[0] != "d"}
    assert before_d == {"a", "b", "c"}
