"""Leader election over a Lease, whose annotations also hold how far the leader has delivered.

Both are written at once, with the resourceVersion that was read: who lost the Lease cannot move the position.
Times in a Lease are never compared with a clock: a holder is gone if its Lease did not change for as long as it says,
by the watcher's own monotonic clock. That counts from anew with each look or write that failed: while the API server is
away nobody can renew, so silence says nothing.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from function.errors import ApiConflict, ApiError, ApiNotFound
from function.kubeapi import MERGE_PATCH, Api, decoded

LEASE_SECONDS = 15
TRIES = 3
"""How often a write that met somebody else's is tried anew before the next renewal."""

Notes = Mapping[str, str]


class LeaseMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Of a Lease's metadata."""

    resource_version: str
    annotations: dict[str, str] = {}


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Who holds it, for how many seconds without a change, and how often it changed hands."""

    holder_identity: str = ""
    lease_duration_seconds: int = LEASE_SECONDS
    lease_transitions: int = 0


class LeaseObject(msgspec.Struct, frozen=True):
    """A Lease of coordination.k8s.io/v1."""

    metadata: LeaseMeta
    spec: LeaseSpec = LeaseSpec()


@dataclass(frozen=True, slots=True)
class LeaseName:
    """Where the Lease is, and who we are: no two replicas may have the same `identity`."""

    namespace: str
    name: str
    identity: str


class Lease:
    """One Lease, as one candidate sees it. For one thread."""

    def __init__(self, api: Api, name: LeaseName, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._name = name
        self._clock = clock
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{name.namespace}/leases"
        self._version = ""
        self._changed = clock()

    def hold(self, notes: Notes) -> Notes | None:
        """Takes or renews the Lease, and writes `notes` into its annotations.

        Returns:
            All its annotations if it is ours now, None if another holds it.

        Raises:
            ApiError: the API server cannot be asked, or refused; who leads may go on leading.
        """
        try:
            return self._settled(lambda: self._held(notes))
        except ApiError:
            self._changed = self._clock()
            raise

    def release(self, notes: Notes) -> None:
        """Writes `notes` a last time and gives the Lease up if it is ours, so that another takes it at once.

        Raises:
            ApiError: the API server cannot be asked, or refused; the Lease then runs out by itself.
        """
        self._settled(lambda: self._released(notes))

    def _settled(self, attempt: Callable[[], Notes | None]) -> Notes | None:
        """`attempt`, made anew after somebody else's write: a person may have edited the Lease."""
        for _ in range(TRIES - 1):
            try:
                return attempt()
            except ApiConflict:
                continue
        return attempt()

    def _held(self, notes: Notes) -> Notes | None:
        lease = self._read()
        if lease is None:
            return self._create(notes).metadata.annotations
        if self._is_anothers(lease):
            return None
        return self._patch(lease, notes, self._renewed(lease.spec)).metadata.annotations

    def _released(self, notes: Notes) -> None:
        lease = self._read()
        if lease is not None and lease.spec.holder_identity == self._name.identity:
            self._patch(lease, notes, {"holderIdentity": ""})

    def _is_anothers(self, lease: LeaseObject) -> bool:
        if lease.metadata.resource_version != self._version:
            self._version = lease.metadata.resource_version
            self._changed = self._clock()
        fresh = self._clock() - self._changed < lease.spec.lease_duration_seconds
        return fresh and lease.spec.holder_identity not in {"", self._name.identity}

    def _renewed(self, spec: LeaseSpec) -> dict[str, Any]:
        now = _micro_time()
        renewed = {
            "holderIdentity": self._name.identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": now,
        }
        if spec.holder_identity == self._name.identity:
            return renewed
        return renewed | {"acquireTime": now, "leaseTransitions": spec.lease_transitions + 1}

    def _read(self) -> LeaseObject | None:
        try:
            return _decoded(self._api.call("GET", f"{self._path}/{self._name.name}"))
        except ApiNotFound:
            return None

    def _create(self, notes: Notes) -> LeaseObject:
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name.name, "namespace": self._name.namespace, "annotations": dict(notes)},
            "spec": self._renewed(LeaseSpec(lease_transitions=-1)),
        }
        return _decoded(self._api.call("POST", self._path, body=body))

    def _patch(self, lease: LeaseObject, notes: Notes, spec: dict[str, Any]) -> LeaseObject:
        metadata = {"resourceVersion": lease.metadata.resource_version, "annotations": dict(notes)}
        path = f"{self._path}/{self._name.name}"
        body = {"metadata": metadata, "spec": spec}
        return _decoded(self._api.call("PATCH", path, body=body, content_type=MERGE_PATCH))


def _decoded(body: bytes) -> LeaseObject:
    return decoded(body, LeaseObject, "the Lease")


def _micro_time() -> str:
    """Now, as Kubernetes writes a MicroTime."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
