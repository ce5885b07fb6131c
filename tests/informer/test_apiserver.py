"""What the informer survives of the API server and etcd, on a control plane of each test's own."""

from collections.abc import Callable

import pytest

from informer.lease import LEASE_SECONDS
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.options import Options
from tests.informer.cluster import Jobs, LeaseInCluster
from tests.informer.conftest import StartInformer
from tests.informer.sink import Sink
from tests.support.waiting import wait_until

pytestmark = pytest.mark.controlplane

GAPS = 'hookrunner_informer_gaps_total{resource="pods"}'
LEADS = "hookrunner_informer_leader"
SILENT = 'hookrunner_informer_silent_seconds{resource="pods"}'


@pytest.fixture
def controlplane(new_controlplane: Callable[[Options], ControlPlane]) -> ControlPlane:
    """One to harm."""
    return new_controlplane(Options())


def test_an_api_server_that_crashes(
    controlplane: ControlPlane, start_informer: StartInformer, sink: Sink, jobs: Jobs
) -> None:
    """It comes back; so does the watch. The leader stays the leader, says what it lacks, and no binding is missing."""
    informer = start_informer()
    before = jobs.bind(3)
    sink.wait(3)

    controlplane.apiserver.kill()
    wait_until(lambda: informer.get("/health/readiness") == 503, "it is not ready")
    leads = informer.metric(LEADS)
    controlplane.apiserver.start()
    after = jobs.bind(3)
    wait_until(lambda: informer.get("/health/readiness") == 200, "it is ready again")

    sink.wait_ids({*before, *after})
    assert (leads, informer.metric(LEADS)) == (1, 1)


def test_an_outage_longer_than_the_lease_changes_no_leader(
    controlplane: ControlPlane, start_informer: StartInformer, lease: LeaseInCluster
) -> None:
    """Even if it is the standby that sees the API server first: the leader is stopped for that moment."""
    leader = start_informer("one")
    wait_until(lambda: leader.metric(LEADS) == 1, "the first leads")
    standby = start_informer("two")
    lease.wait_position()

    controlplane.apiserver.kill()
    heard = leader.metric(SILENT)
    wait_until(lambda: leader.metric(SILENT) > heard + LEASE_SECONDS, "the outage outlasts the Lease")
    with leader.paused():
        controlplane.apiserver.start()
        wait_until(lambda: standby.get("/health/readiness") == 200, "the standby has seen the Lease")
    wait_until(lambda: leader.get("/health/readiness") == 200, "the leader has renewed it")

    assert (leader.metric(LEADS), standby.metric(LEADS)) == (1, 0)


def test_an_etcd_that_crashes(
    controlplane: ControlPlane, start_informer: StartInformer, sink: Sink, jobs: Jobs
) -> None:
    """As seen through an API server that has to wait for it."""
    start_informer()
    before = jobs.bind(3)
    sink.wait(3)

    controlplane.etcd.restart()
    controlplane.apiserver.wait_ready()
    after = jobs.bind(3)

    sink.wait_ids({*before, *after})


def test_a_history_that_was_compacted_while_nobody_watched(
    controlplane: ControlPlane, start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """410: what still exists is listed, what is gone is gone; the gap is counted and logged."""
    informer = start_informer()
    before = jobs.bind(2)
    lease.wait_position()
    informer.kill()
    lost = jobs.bind_and_end(1)
    kept = jobs.bind(2)
    controlplane.compact()
    controlplane.apiserver.restart()

    informer.start()
    wait_until(lambda: informer.metric(GAPS) == 1, "the gap is counted")

    sink.wait_ids({*before, *kept})
    assert not set(lost) & set(sink.ids())
    assert "listing all of them again" in informer.tail()
