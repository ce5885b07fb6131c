"""The informer's part: bindings and removals of nodes as CloudEvents, in each of HTTP's three modes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from function import events

SOURCE = "//demo/kubernetes"
_JSON = "application/json"
_ONE = "application/cloudevents+json"
_MANY = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST for `record`."""

    headers: dict[str, str]
    body: bytes


def bound(key: str, node: str, at: datetime) -> dict[str, Any]:
    """A pod of `key` was bound to `node`, as a CloudEvent."""
    data = events.PodBound(key=key, node=node, bound_at=at, namespace="ci-jobs", runner_id=key)
    id_ = f"{key}-{node}-{int(at.timestamp())}"
    return events.encode(type_=events.POD_BOUND, source=SOURCE, id_=id_, subject=f"ci-jobs/{id_}", time=at, data=data)


def removed(node: str, at: datetime) -> dict[str, Any]:
    """`node` was deleted, as a CloudEvent."""
    data = events.NodeRemoved(node=node, removed_at=at)
    return events.encode(
        type_=events.NODE_REMOVED, source=SOURCE, id_=f"{node}-{int(at.timestamp())}", subject=node, time=at, data=data
    )


def binary(event: dict[str, Any]) -> Delivery:
    """The attributes as headers, the data as the body."""
    headers = {f"ce-{name}": text for name, text in event.items() if name not in {"data", "datacontenttype"}}
    return Delivery({**headers, "content-type": _JSON}, json.dumps(event["data"]).encode())


def structured(event: dict[str, Any]) -> Delivery:
    """The whole event as one JSON object."""
    return Delivery({"content-type": _ONE}, json.dumps(event).encode())


def batched(several: Sequence[dict[str, Any]]) -> Delivery:
    """Many events as one JSON array."""
    return Delivery({"content-type": _MANY}, json.dumps(several).encode())
