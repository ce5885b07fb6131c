"""How many events go together after server errors."""

import pytest

from informer.portion import Portion


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        pytest.param("..", [500, 500], id="all is well"),
        pytest.param("xx.x", [500, 500, 500, 500], id="never three errors in a row"),
        pytest.param("xxx", [500, 500, 1], id="three in a row"),
        pytest.param("xxx..........", [500, 500, 1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500], id="and twice as many"),
        pytest.param("xxx..x.", [500, 500, 1, 2, 4, 1, 2], id="the next error counts at once"),
        pytest.param("xxx.........xx", [500, 500, 1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 500, 500], id="whole again"),
    ],
)
def test_how_many_go_together(answers: str, wanted: list[int]) -> None:
    """After each answer: a dot if the post was taken, an x for a server error."""
    portion = Portion()
    sizes = []
    for answer in answers:
        if answer == ".":
            portion.taken()
        else:
            portion.failed()
        sizes.append(portion.most)

    assert sizes == wanted


def test_the_same_is_tried_again_until_it_may_be_at_fault() -> None:
    """Three times at first, and once as long as events go by themselves."""
    portion = Portion()

    assert [portion.failed() for _ in range(4)] == [False, False, True, True]
