"""Taking, renewing and giving up a Lease, on a real API server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from function.access import access
from function.errors import ApiUnavailable
from function.kubeapi import KubeApi
from informer.lease import LEASE_SECONDS, Lease, LeaseName, Notes
from informer.service import RENEW_SECONDS
from tests.controlplane.client import Json, Kube
from tests.controlplane.cluster import ControlPlane

pytestmark = pytest.mark.controlplane

NewLease = Callable[[str], Lease]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.time


class Meddled(KubeApi):
    """An API server where somebody else writes first, a number of times."""

    def __init__(self, kubeconfig: Path, write: Callable[[], object], times: int) -> None:
        super().__init__(access(kubeconfig, {}))
        self._write = write
        self._times = times

    def call(self, method: str, path: str, **how: Any) -> bytes:  # noqa: ANN401 - as KubeApi has it
        """As ever, but for patches."""
        if method == "PATCH" and self._times:
            self._times -= 1
            self._write()
        return super().call(method, path, **how)


class Away(KubeApi):
    """An API server that is away for as long as a test says."""

    away = False

    def call(self, method: str, path: str, **how: Any) -> bytes:  # noqa: ANN401 - as KubeApi has it
        """As ever, or no answer."""
        if self.away:
            raise ApiUnavailable("away")
        return super().call(method, path, **how)


@pytest.fixture
def clock() -> Clock:
    """The clock of every candidate."""
    return Clock()


@pytest.fixture
def new_lease(controlplane: ControlPlane, namespace: str, clock: Clock) -> NewLease:
    """Make candidates for one Lease."""
    api = KubeApi(access(controlplane.kubeconfig(), {}))
    return lambda identity: Lease(api, LeaseName(namespace, "informer", identity), clock)


def path_of(namespace: str) -> str:
    """Where the Lease is."""
    return f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/informer"


def found(kube: Kube, namespace: str) -> tuple[str, int, Json]:
    """Holder, how often it changed hands, and annotations."""
    lease = kube.get(path_of(namespace))
    spec = lease["spec"]
    return spec.get("holderIdentity", ""), spec.get("leaseTransitions", 0), lease["metadata"].get("annotations", {})


def test_the_first_takes_it_and_the_second_does_not(new_lease: NewLease, kube: Kube, namespace: str) -> None:
    """What is noted with a renewal is there; what stands there already stays."""
    one, two = new_lease("one"), new_lease("two")

    answers: list[Notes | None] = [one.hold({}), two.hold({}), one.hold({"a": "1"}), one.hold({"b": "2"})]

    assert answers == [{}, None, {"a": "1"}, {"a": "1", "b": "2"}]
    assert found(kube, namespace) == ("one", 0, {"a": "1", "b": "2"})


def test_a_lease_that_was_made_without_a_spec_is_free(new_lease: NewLease, kube: Kube, namespace: str) -> None:
    """As config/ makes it, so that nobody needs a right to create one. Labels that it has stay."""
    made = {"metadata": {"name": "informer", "labels": {"team": "ci"}, "annotations": {"a": "1"}}}
    kube.create(path_of(namespace).rpartition("/")[0], made)

    assert new_lease("one").hold({}) == {"a": "1"}
    assert kube.get(path_of(namespace))["metadata"]["labels"] == {"team": "ci"}


def test_a_holder_that_is_silent_for_long_is_gone(
    new_lease: NewLease, clock: Clock, kube: Kube, namespace: str
) -> None:
    """By the candidate's own clock, from when it saw the last change."""
    one, two = new_lease("one"), new_lease("two")
    one.hold({"a": "1"})
    two.hold({})
    clock.time += LEASE_SECONDS - 1
    too_early = two.hold({})
    clock.time += 1

    assert (too_early, two.hold({}), one.hold({"a": "2"})) == (None, {"a": "1"}, None)
    assert found(kube, namespace) == ("two", 1, {"a": "1"})


def test_a_holder_that_renews_stays(new_lease: NewLease, clock: Clock) -> None:
    """However long ago it took the Lease."""
    one, two = new_lease("one"), new_lease("two")
    answers = []
    for _ in range(3):
        one.hold({})
        answers.append(two.hold({}))
        clock.time += LEASE_SECONDS - 1

    assert answers == [None, None, None]


def test_who_crashes_is_followed_within_20_seconds(new_lease: NewLease, clock: Clock) -> None:
    """At the worst: it renewed just after the standby's look, which learns of that with its next one."""
    one, two = new_lease("one"), new_lease("two")
    one.hold({})
    two.hold({})
    one.hold({"a": "1"})
    crashed = clock.time

    for _ in range(20):
        clock.time += RENEW_SECONDS
        if two.hold({}) is not None:
            break

    assert clock.time - crashed == 18.0


def test_an_outage_of_the_api_server_is_no_silence_of_the_holder(
    controlplane: ControlPlane, clock: Clock, namespace: str
) -> None:
    """However long it lasts, and whoever looks first when it is over. From then on, silence counts as ever."""
    api = Away(access(controlplane.kubeconfig(), {}))
    one, two = (Lease(api, LeaseName(namespace, "informer", identity), clock) for identity in ("one", "two"))
    one.hold({})
    two.hold({})
    api.away = True
    for _ in range(10):
        clock.time += RENEW_SECONDS
        for each in (one, two):
            with pytest.raises(ApiUnavailable):
                each.hold({})
    api.away = False

    answers = [two.hold({}), one.hold({"a": "1"}), two.hold({})]
    clock.time += LEASE_SECONDS

    assert (answers, two.hold({})) == ([None, {"a": "1"}, None], {"a": "1"})


def test_what_is_given_up_can_be_taken_at_once(new_lease: NewLease, kube: Kube, namespace: str) -> None:
    """With the last notes; who does not hold it gives nothing up."""
    one, two = new_lease("one"), new_lease("two")
    one.hold({})
    two.release({"a": "2"})
    held = found(kube, namespace)
    one.release({"a": "1"})

    assert (held, two.hold({})) == (("one", 0, {}), {"a": "1"})


def test_an_edit_in_between_is_kept(
    controlplane: ControlPlane, new_lease: NewLease, kube: Kube, namespace: str
) -> None:
    """A person annotated the Lease between our look and our write: we look again."""
    new_lease("one").hold({})

    def annotate() -> None:
        kube.patch(path_of(namespace), {"metadata": {"annotations": {"note": "mine"}}})

    api = Meddled(controlplane.kubeconfig(), annotate, times=2)
    lease = Lease(api, LeaseName(namespace, "informer", "one"))

    assert lease.hold({"a": "1"}) == {"a": "1", "note": "mine"}


def test_what_another_took_in_between_is_lost(
    controlplane: ControlPlane, new_lease: NewLease, kube: Kube, namespace: str
) -> None:
    """And nothing of ours is written over it."""
    new_lease("one").hold({"a": "1"})

    def take() -> None:
        kube.patch(path_of(namespace), {"spec": {"holderIdentity": "two"}})

    lease = Lease(Meddled(controlplane.kubeconfig(), take, times=1), LeaseName(namespace, "informer", "one"))

    assert lease.hold({"a": "2"}) is None
    assert found(kube, namespace) == ("two", 0, {"a": "1"})


def test_an_answer_that_makes_no_sense_is_an_error_of_ours(controlplane: ControlPlane, namespace: str) -> None:
    """As if there had been none."""

    class Nonsense(KubeApi):
        def call(self, *_: Any, **__: Any) -> bytes:  # noqa: ANN401 - as KubeApi has it
            return b"[]"

    lease = Lease(Nonsense(access(controlplane.kubeconfig(), {})), LeaseName(namespace, "informer", "one"))

    with pytest.raises(ApiUnavailable, match="the Lease makes no sense"):
        lease.hold({})
