"""The cluster's history, as it was before: what a bench writes there is gone afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.e2e.cluster import Cluster

_NAME = "hookrunner-history"


@contextmanager
def kept_history(cluster: Cluster) -> Iterator[None]:
    """Whatever is written into the history meanwhile, it is as before in the end."""
    before = _data(cluster)
    try:
        yield
    finally:
        cluster.patch("configmap", _NAME, {"data": undo(before, _data(cluster))})


def undo(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """The merge patch of `data` that makes `after` into `before`."""
    return dict.fromkeys(after) | dict(before)


def _data(cluster: Cluster) -> Mapping[str, str]:
    data: Mapping[str, str] = cluster.get("configmap", _NAME).get("data", {})
    return data
