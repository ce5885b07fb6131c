"""Histories to place by: the data of the ConfigMap, for as many keys as wanted."""

from datetime import UTC, datetime, timedelta

import msgspec

from bench.kit.corpus import RUNNER
from function.events import rfc3339

_NODES = 8
_LIMIT = 700_000  # bytes; a ConfigMap holds 1 MiB


def history(keys: int) -> dict[str, str]:
    """The data for `keys` keys, the corpus's one among them: it has eight warm nodes, as all have if there is room."""
    whole = dict([*_entry(RUNNER, _NODES)])
    nodes = _NODES if keys * 400 < _LIMIT else 1
    for number in range(1, keys):
        whole |= dict(_entry(f"{100_000 + number}", nodes))
    return whole


def _entry(key: str, nodes: int) -> list[tuple[str, str]]:
    now = datetime.now(UTC).replace(microsecond=0)
    times = {f"node-{number}": rfc3339(now - timedelta(hours=number)) for number in range(1, nodes + 1)}
    return [(key, "node-1"), (f"_warm.{key}", msgspec.json.encode(times).decode())]
