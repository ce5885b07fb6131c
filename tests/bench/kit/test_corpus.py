"""Pods and reviews of a wanted size."""

import json

import pytest

from bench.kit import corpus
from bench.kit.history import history


@pytest.mark.parametrize("size", [pytest.param(size, id=f"{size // 1000} KB") for size in corpus.SIZES])
def test_sizes_are_near_to_what_is_wanted(size: int) -> None:
    """Within a variable of each container: 2 %."""
    sizes = [corpus.length(corpus.pod(size)), len(corpus.review(size))]

    assert [size * 0.98 < found < size * 1.02 for found in sizes] == [True, True]


@pytest.mark.parametrize(
    ("review", "managed"),
    [
        pytest.param(corpus.review(24_000), True, id="24 KB"),
        pytest.param(corpus.review(11_000), False, id="11 KB: smaller than the real one"),
        pytest.param(corpus.bare_review(), True, id="next to nothing"),
    ],
)
def test_reviews_are_of_the_runner_that_the_history_knows(review: bytes, managed: bool) -> None:
    """So that every webhook has something to answer. Which of them have managedFields is told in docs/benchmarks.md."""
    metadata = json.loads(review)["request"]["object"]["metadata"]

    assert metadata["labels"]["gitlab.com/runner-id"] in history(1)
    assert ("managedFields" in metadata) is managed


@pytest.mark.parametrize(
    ("keys", "nodes"),
    [pytest.param(10, 8, id="few"), pytest.param(10_000, 1, id="too many for eight nodes each in a ConfigMap")],
)
def test_a_history_has_the_keys_that_are_wanted(keys: int, nodes: int) -> None:
    """The corpus's own key has eight nodes in any case; all of it fits into a ConfigMap."""
    data = history(keys)

    assert len([name for name in data if not name.startswith("_")]) == keys
    assert [len(json.loads(data[f"_warm.{key}"])) for key in (corpus.RUNNER, "100001")] == [8, nodes]
    assert corpus.length(data) < 1_048_576
