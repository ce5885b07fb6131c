"""The place moves on over what is settled without a gap."""

import pytest

from informer.replay.places import Place
from informer.replay.trail import Trail


@pytest.mark.parametrize(
    ("settled", "place"),
    [
        pytest.param([], Place(5, 1, "e"), id="none yet"),
        pytest.param([(0, True)], Place(6, 1, "f"), id="the first"),
        pytest.param([(1, False), (2, True)], Place(5, 1, "e"), id="not the first"),
        pytest.param([(2, False), (0, True)], Place(6, 1, "f"), id="the first and the last"),
        pytest.param([(2, False), (1, True), (0, False)], Place(8, 3, "h"), id="all, the first at last"),
    ],
)
def test_where_a_replay_is(settled: list[tuple[int, bool]], place: Place) -> None:
    """Three events are under way, after five of which one was refused."""
    trail = Trail(Place(5, 1, "e"))
    steps = [trail.begin(digest) for digest in "fgh"]

    for index, accepted in settled:
        trail.finish(steps[index], accepted)

    assert trail.place == place
