"""What happened, from the API server's audit log, against what the history holds. Pure but for reading the log."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from function.history import Seconds, read_entry

RUNNER_LABEL = "gitlab.com/runner-id"
Json = dict[str, Any]


@dataclass(frozen=True)
class Binding:
    """A pod of `key` was bound to `node`; in seconds since 1970, at `time` or later."""

    pod: str
    key: str
    node: str
    time: Seconds


@dataclass(frozen=True)
class Verdict:
    """How many bindings the history holds, of how many; and the pods whose binding it does not hold."""

    recorded: int
    happened: int
    missing: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether none is missing."""
        return not self.missing


def bindings_in(log: Path) -> list[Binding]:
    """The bindings that an audit log tells of, in the order in which they happened.

    A line that a killed API server left unfinished is skipped.
    """
    events = [event for event in _events(log) if event.get("responseStatus", {}).get("code") == 201]
    keys = dict(filter(None, map(_key, events)))
    return [binding for event in events if (binding := _binding(event, keys))]


def compare(bindings: Iterable[Binding], data: Mapping[str, str]) -> Verdict:
    """Which bindings `data`, a history, holds: their node, with their time or a later one.

    A later binding of the same key and node stands for an earlier one: that is the rule of the maximum.
    """
    warm: dict[str, dict[str, Seconds]] = {}
    happened, missing = 0, []
    for binding in bindings:
        happened += 1
        if binding.key not in warm:
            warm[binding.key] = dict(read_entry(data, binding.key, {}).warm)
        if warm[binding.key].get(binding.node, -1) < binding.time:
            missing.append(binding.pod)
    return Verdict(happened - len(missing), happened, tuple(missing))


def _key(event: Json) -> tuple[str, str] | None:
    """A runner pod that was created, and its key."""
    meta = event.get("requestObject", {}).get("metadata", {})
    key = meta.get("labels", {}).get(RUNNER_LABEL)
    return (f"{event['objectRef']['namespace']}/{meta['name']}", key) if key else None


def _binding(event: Json, keys: Mapping[str, str]) -> Binding | None:
    """A binding of one of the pods of `keys`. Its line may stand before that of the pod's own creation."""
    reference = event["objectRef"]
    if reference.get("subresource") != "binding":
        return None
    pod = f"{reference['namespace']}/{reference['name']}"
    return Binding(pod, keys[pod], event["requestObject"]["target"]["name"], _seconds(event)) if pod in keys else None


def _events(log: Path) -> Iterable[Json]:
    for line in log.read_text().splitlines():
        try:
            event: Json = json.loads(line)
        except ValueError:
            continue
        yield event


def _seconds(event: Json) -> Seconds:
    """When the request came: the API server notes the binding's own time later, in whole seconds."""
    return int(datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp())
