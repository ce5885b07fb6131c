"""The CloudEvents of Hookrunner: type names, the data of each, and their validation.

An event is touched through `get_attributes()` and `get_data()` only, which both major versions of the
`cloudevents` library have, and so has `Event` here.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from function.decoding import UNREADABLE
from function.errors import BadRequest
from function.keys import is_key, is_node_name

POD_BOUND = "dev.hookrunner.pod.bound.v1"
NODE_REMOVED = "dev.hookrunner.node.removed.v1"
JOB_CHANGED = "dev.hookrunner.job.changed.v1"
OURS = frozenset({POD_BOUND, NODE_REMOVED, JOB_CHANGED})
SCHEMAS = "https://hookrunner.dev/schemas/"
"""Where `dataschema` points: `<SCHEMAS><type>.json`, kept in docs/schemas/."""

D = TypeVar("D", bound=msgspec.Struct)


class EventLike(Protocol):
    """What both major versions of the cloudevents library call an event."""

    def get_attributes(self) -> Mapping[str, Any]:
        """The context attributes by name."""

    def get_data(self) -> Any:  # noqa: ANN401 - whatever the event carries
        """The event's data: decoded JSON, text, bytes or None."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent: context attributes by name, and its data (decoded JSON, or None)."""

    attributes: Mapping[str, Any]
    data: Any = field(default=None)

    def get_attributes(self) -> Mapping[str, Any]:
        """The context attributes by name."""
        return self.attributes

    def get_data(self) -> Any:  # noqa: ANN401 - whatever the event carries
        """The event's data."""
        return self.data


class PodBound(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A runner pod was bound to a node. `bound_at` is PodScheduled's transition: whole seconds, UTC."""

    key: str
    node: str
    bound_at: datetime
    pod_uid: str = ""
    namespace: str = ""
    runner_id: str = ""
    project_id: str = ""


class NodeRemoved(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A node was deleted, and its caches with it."""

    node: str
    removed_at: datetime


class JobChanged(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A GitLab job changed its status. `tags` is None where the hook did not tell them (a pending job's does not)."""

    status: str
    project_id: int
    job_id: int
    tags: tuple[str, ...] | None = None
    queued_seconds: float | None = None


def type_of(event: EventLike) -> str:
    """The event's type; the empty string if it has none."""
    return str(event.get_attributes().get("type") or "")


def pod_bound(event: EventLike) -> PodBound:
    """The data of a `pod.bound` event.

    Raises:
        BadRequest: something is missing or wrong; the message carries its path.
    """
    data = _decode(event, PodBound)
    if not is_key(data.key):
        raise BadRequest("the event's data is not valid: `$.key` must be label values joined with dots")
    _check_node(data.node)
    return data


def node_removed(event: EventLike) -> NodeRemoved:
    """The data of a `node.removed` event.

    Raises:
        BadRequest: something is missing or wrong; the message carries its path.
    """
    data = _decode(event, NodeRemoved)
    _check_node(data.node)
    return data


def job_changed(event: EventLike) -> JobChanged:
    """The data of a `job.changed` event.

    Raises:
        BadRequest: something is missing or wrong; the message carries its path.
    """
    return _decode(event, JobChanged)


def encode(*, type_: str, source: str, id_: str, subject: str, time: datetime, data: msgspec.Struct) -> dict[str, Any]:
    """The structured form of one event, as JSON types: what is posted, stored and replayed."""
    return {
        "specversion": "1.0",
        "type": type_,
        "source": source,
        "id": id_,
        "subject": subject,
        "time": rfc3339(time),
        "dataschema": f"{SCHEMAS}{type_}.json",
        "datacontenttype": "application/json",
        "data": msgspec.to_builtins(data),
    }


def rfc3339(time: datetime) -> str:
    """`time` in UTC, such as 2026-11-24T08:00:00Z; a naive time counts as UTC.

    At either end of the calendar an offset may lead out of it: such a time keeps its own.
    """
    moment = aware(time)
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def aware(time: datetime) -> datetime:
    """`time` with its offset; a naive one counts as UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _decode(event: EventLike, shape: type[D]) -> D:
    data = event.get_data()
    try:
        if isinstance(data, str | bytes):
            return msgspec.json.decode(data, type=shape)
        return msgspec.convert(data, shape)
    except UNREADABLE as error:
        raise BadRequest(f"the event's data is not valid: {error}") from None


def _check_node(node: str) -> None:
    if not is_node_name(node):
        raise BadRequest("the event's data is not valid: `$.node` must be a node's name (DNS-1123 subdomain)")
