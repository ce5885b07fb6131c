"""What a bound pod or a deleted node tells, as CloudEvents. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from function.events import NODE_REMOVED, POD_BOUND, NodeRemoved, PodBound, aware, encode
from function.keys import key_of
from informer.wire import Node, Pod

PROJECT_LABEL = "project.runner.gitlab.com/id"
"""The label that GitLab Runner itself gives a job's pod."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How events are named: by the cluster, the label that marks a runner's pod, and the labels that make its key.

    `overrides` are attributes that every event gets as well (Knative's K_CE_OVERRIDES).
    """

    cluster: str
    runner_label: str
    key_labels: tuple[str, ...]
    overrides: Mapping[str, str]

    def source(self, path: str) -> str:
        """The URI-reference of the collection at `path` in this cluster."""
        return f"/clusters/{self.cluster}{path}"


def bound(pod: Pod, naming: Naming) -> dict[str, Any] | None:
    """The event that tells where `pod` was bound, or None if it makes no key or was not bound.

    A pod that finished, or is being deleted, was bound all the same: its cache is on the node.
    """
    meta, labels = pod.metadata, pod.metadata.labels
    key = key_of(labels, naming.key_labels)
    time = bound_at(pod)
    if key is None or not pod.spec.node_name or time is None or not labels.get(naming.runner_label):
        return None
    data = PodBound(
        key=key,
        node=pod.spec.node_name,
        bound_at=time,
        pod_uid=meta.uid,
        namespace=meta.namespace,
        runner_id=labels[naming.runner_label],
        project_id=labels.get(PROJECT_LABEL, ""),
    )
    event = encode(
        type_=POD_BOUND,
        source=naming.source("/api/v1/pods"),
        id_=meta.uid,
        subject=f"{meta.namespace}/{meta.name}",
        time=time,
        data=data,
    )
    return {**event, **naming.overrides}


def removed(node: Node, last_bound: datetime | None, naming: Naming) -> dict[str, Any] | None:
    """The event that tells that `node` was deleted, or None if nothing tells when it was there.

    A cordoned or unready node needs no event: the scheduler leaves it out, and its caches are there when it is back.
    """
    name, time = node.metadata.name, _last_there(node, last_bound)
    if time is None:
        return None
    event = encode(
        type_=NODE_REMOVED,
        source=naming.source("/api/v1/nodes"),
        id_=node.metadata.uid,
        subject=name,
        time=time,
        data=NodeRemoved(node=name, removed_at=time),
    )
    return {**event, **naming.overrides}


def _last_there(node: Node, last_bound: datetime | None) -> datetime | None:
    """The latest of what is known of it: a binding, its making, a change of it, the wish to delete it.

    All are times of the control plane, and none is after the deletion, whenever that is seen: what is bound later, to a
    node that came back under the name, stays. A heartbeat has the node's own clock: it counts as the change that it is.
    """
    meta = node.metadata
    changes = [field.time for field in meta.managed_fields or ()]
    found = (last_bound, meta.creation_timestamp, meta.deletion_timestamp, *changes)
    return max((time for time in found if time is not None), key=aware, default=None)


def bound_at(pod: Pod) -> datetime | None:
    """When the scheduler bound it; a pod that was created with a node's name has no such time, and was bound then."""
    for condition in pod.status.conditions or ():
        if condition.type == "PodScheduled" and condition.last_transition_time is not None:
            return condition.last_transition_time
    return pod.metadata.creation_timestamp


class Sent:
    """The UIDs that were sent, so that each goes out once; the oldest are forgotten beyond `limit`.

    Forgetting costs a duplicate at the worst, which changes nothing at the receiver.
    """

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._uids: OrderedDict[str, None] = OrderedDict()

    def add(self, uid: str) -> bool:
        """Whether `uid` is new."""
        if uid in self._uids:
            self._uids.move_to_end(uid)
            return False
        self._uids[uid] = None
        if len(self._uids) > self._limit:
            self._uids.popitem(last=False)
        return True

    def forget(self, uid: str) -> None:
        """Tells that `uid` is gone for good."""
        self._uids.pop(uid, None)
