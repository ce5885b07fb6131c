"""Wire shapes: of what the API server says, only what the informer reads.

Everything else in a pod (some 20 KB) is skipped while it is decoded, so ten thousand pods cost no memory.
"""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Meta(msgspec.Struct, frozen=True, rename="camel"):
    """Of an object's metadata. `resource_version` is empty in a list's items' absence only."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] = {}
    creation_timestamp: datetime | None = None


class Condition(msgspec.Struct, frozen=True, rename="camel"):
    """One of a pod's conditions."""

    type: str = ""
    last_transition_time: datetime | None = None


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Where the pod runs: empty until it is bound."""

    node_name: str = ""


class PodStatus(msgspec.Struct, frozen=True):
    """What became of the pod."""

    conditions: list[Condition] | None = None


class Pod(msgspec.Struct, frozen=True):
    """A pod."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class ManagedField(msgspec.Struct, frozen=True):
    """When one of an object's writers last changed something in it, by the API server's clock."""

    time: datetime | None = None


class NodeMeta(Meta, frozen=True, rename="camel"):
    """Of a node's metadata also what tells when it was there."""

    deletion_timestamp: datetime | None = None
    managed_fields: list[ManagedField] | None = None


class Node(msgspec.Struct, frozen=True):
    """A node."""

    metadata: NodeMeta


class Bookmark(msgspec.Struct, frozen=True):
    """The object of a BOOKMARK: nothing but a resourceVersion."""

    metadata: Meta


class PageMeta(msgspec.Struct, frozen=True, rename={"resource_version": "resourceVersion", "more": "continue"}):
    """Of a list: the resourceVersion of the whole, and a token for the next page; empty with the last one."""

    resource_version: str
    more: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    metadata: PageMeta
    items: list[T] | None = None


class Line(msgspec.Struct, frozen=True):
    """One line of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, with an object that depends on it."""

    type: str
    object: msgspec.Raw


class Failure(msgspec.Struct, frozen=True):
    """The object of an ERROR: a Status."""

    code: int = 0
    message: str = ""
