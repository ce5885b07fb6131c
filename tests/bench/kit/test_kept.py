"""A bench leaves the history of a cluster as it was."""

import json

import pytest

from bench.kit.kept import undo


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param({}, {"41": "node-1"}, {"41": None}, id="what came goes"),
        pytest.param({"41": "node-1"}, {}, {"41": "node-1"}, id="what went comes back"),
        pytest.param({"41": "node-1"}, {"41": "node-2"}, {"41": "node-1"}, id="what changed changes back"),
        pytest.param({}, {}, {}, id="nothing"),
    ],
)
def test_undo(before: dict[str, str], after: dict[str, str], wanted: dict[str, str | None]) -> None:
    """A merge patch: null takes a key away."""
    assert json.loads(json.dumps(undo(before, after))) == wanted
