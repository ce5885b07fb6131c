"""What the demo prints is sound: folded YAML stays the same YAML, every reason has words."""

import pytest
import yaml

from demo.page import fold
from demo.words import WORDS
from function.mutate import Reason

LONG = """_warm.41: '{"node-5":"2026-11-24T11:05:17Z","node-3":"2026-11-24T10:50:17Z"}'"""


@pytest.mark.parametrize(
    ("text", "width", "folded"),
    [
        pytest.param("kind: ConfigMap", 40, "kind: ConfigMap", id="short"),
        pytest.param("a: b\nc: d", 40, "a: b\nc: d", id="lines"),
        pytest.param("x" * 50, 40, "x" * 50, id="nowhere-to-break"),
        pytest.param(
            LONG,
            50,
            """_warm.41: '{"node-5":"2026-11-24T11:05:17Z",\n      "node-3":"2026-11-24T10:50:17Z"}'""",
            id="after-a-comma",
        ),
    ],
)
def test_fold(text: str, width: int, folded: str) -> None:
    """Long lines break after commas."""
    assert fold(text, width) == folded


def test_folded_yaml_means_the_same() -> None:
    """The break is one that YAML and JSON overlook."""
    assert yaml.safe_load(fold(LONG, 50))["_warm.41"].replace(" ", "") == yaml.safe_load(LONG)["_warm.41"]


def test_every_reason_has_words() -> None:
    """No decision of mutate is without words."""
    assert set(WORDS) == set(Reason)
