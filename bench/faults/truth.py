"""What happened, from the API server's audit log, against what the history holds. Pure but for reading the log.

The history is read as it was written, removals not applied: what is compared is what events did to it.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from function.history import Seconds, keys_in, read_entry

RUNNER_LABEL = "gitlab.com/runner-id"
SLACK: Seconds = 2
"""How much later than its request a binding's own time may be: the API server writes it, in whole seconds."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Binding:
    """A pod of `key` was bound to `node`; in seconds since 1970, at `time` or at most SLACK later."""

    pod: str
    key: str
    node: str
    time: Seconds


@dataclass(frozen=True)
class Verdict:
    """How many bindings the history holds, of how many; the pods whose binding it lacks; and what it should not hold.

    `wrong` is what it holds though nothing of the kind happened, or not then: key/node, or a key of unreadable texts.
    """

    recorded: int
    happened: int
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and nothing wrong."""
        return not self.missing and not self.wrong


def bindings_in(log: Path) -> list[Binding]:
    """The bindings that an audit log tells of, in the order in which they happened.

    A line that a killed API server left unfinished is skipped.
    """
    events = [event for event in _events(log) if event.get("responseStatus", {}).get("code") == 201]
    keys = dict(filter(None, map(_key, events)))
    return [binding for event in events if (binding := _binding(event, keys))]


def compare(bindings: Iterable[Binding], data: Mapping[str, str], others: Collection[str] = ()) -> Verdict:
    """How `data`, a history, differs from one that holds `bindings` and nothing else, but for the keys `others`.

    Of each key and node the last binding counts: that is the rule of the maximum. Where bindings share a key and a
    node, who wants to know of each must count the events as well.
    """
    all_ = list(bindings)
    latest: dict[tuple[str, str], Seconds] = {}
    for one in all_:
        latest[one.key, one.node] = max(one.time, latest.get((one.key, one.node), one.time))
    keys = keys_in(data) - set(others)
    held = {key: dict(read_entry(data, key, {}).warm) for key in keys}
    missing = [one.pod for one in all_ if held.get(one.key, {}).get(one.node, -1) < one.time]
    wrong = [f"{key}: nothing readable" for key in keys if not held[key]]
    wrong += [
        f"{key}/{node}"
        for key, warm in held.items()
        for node, time in warm.items()
        if time > latest.get((key, node), -SLACK - 1) + SLACK
    ]
    return Verdict(len(all_) - len(missing), len(all_), tuple(missing), tuple(sorted(wrong)))


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
