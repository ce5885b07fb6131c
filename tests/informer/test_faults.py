"""What the informer survives, on a real API server: nothing that was bound is missing at the sink."""

from itertools import count

import pytest

from tests.informer.cluster import Jobs, LeaseInCluster
from tests.informer.conftest import StartInformer
from tests.informer.sink import OK, Answer, Sink
from tests.support.waiting import wait_until

pytestmark = pytest.mark.controlplane

READY = "/health/readiness"
LEADS = "hookrunner_informer_leader"
GAPS = 'hookrunner_informer_gaps_total{resource="pods"}'


def test_a_crash_loses_nothing_even_of_pods_that_are_gone(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """Killed; meanwhile pods are bound and deleted: a list would not find them, the position in the Lease does."""
    informer = start_informer()
    before = jobs.bind(3)
    lease.wait_position()
    informer.kill()
    meanwhile = jobs.bind_and_end(3)

    informer.start()
    after = jobs.bind(2)
    sink.wait_ids({*before, *meanwhile, *after})

    assert informer.metric(GAPS) == 0


def test_what_is_delivered_is_not_sent_again_after_an_orderly_end(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """SIGTERM writes the position and gives the Lease up."""
    informer = start_informer()
    lease.wait_position()
    first = jobs.bind(3)
    sink.wait(3)
    informer.terminate()
    second = jobs.bind(1)

    start_informer("two")
    sink.wait(4)

    assert sorted(sink.ids()) == sorted(first + second)


def test_the_standby_takes_over(start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster) -> None:
    """Both are ready, one sends; when it ends, the other goes on from the same position."""
    leader = start_informer("one")
    wait_until(lambda: leader.metric(LEADS) == 1, "the first leads")
    lease.wait_position()
    standby = start_informer("two")
    ready = (leader.get(READY), standby.get(READY))
    first = jobs.bind(2)
    sink.wait(2)
    leading = (leader.metric(LEADS), standby.metric(LEADS))
    leader.terminate()
    wait_until(lambda: standby.metric(LEADS) == 1, "the second leads")
    second = jobs.bind(2)
    sink.wait(4)

    assert (ready, leading) == ((200, 200), (1, 0))
    assert sorted(sink.ids()) == sorted(first + second)


def test_the_standby_takes_over_from_one_that_was_killed(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """Once the Lease has run out; what was bound and ended in between is there too."""
    leader = start_informer("one")
    first = jobs.bind(2)
    lease.wait_position()
    standby = start_informer("two")
    leader.kill()
    second = jobs.bind_and_end(2)

    wait_until(lambda: standby.metric(LEADS) == 1, "the second leads")

    sink.wait_ids({*first, *second})


def test_who_sees_another_with_the_lease_ends(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """Here a person gave it away. The process ends by itself, to be started anew as a standby."""
    informer = start_informer()
    sent = jobs.bind(1)
    sink.wait(1)

    lease.give_to("another")
    wait_until(lambda: not informer.is_running(), "it ended")

    assert sink.ids() == sent
    assert "another replica has the Lease" in informer.tail()


def test_who_lost_the_lease_posts_no_more(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """What it still held for a sink that is down is for who has the Lease now, in the order of each key."""
    informer = start_informer()
    lease.wait_position()
    sink.answer = lambda _: Answer(503)
    jobs.bind(2)
    sink.wait_posts(2)

    lease.give_to("another")
    wait_until(lambda: not informer.is_running(), "it ended")

    assert sink.ids() == []


@pytest.mark.parametrize(
    "position", [pytest.param("999999999", id="ahead of the server"), pytest.param("soon", id="nonsense")]
)
def test_a_position_that_cannot_be_resumed_from_lists_all(
    position: str, start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """After etcd was restored from a backup, or a person edited the Lease."""
    before = jobs.bind(2)
    lease.create(position)
    start_informer()
    sink.wait(2)
    after = jobs.bind(1)
    sink.wait(3)

    assert sorted(sink.ids()) == sorted(before + after)


def test_the_position_moves_only_with_what_was_delivered(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """While the sink is down, the Lease says so; killed then, nothing is lost of pods that are gone."""
    informer = start_informer()
    first = jobs.bind(1)
    lease.wait_position()
    sink.wait(1)
    sink.answer = lambda _: Answer(503)
    undelivered = jobs.bind_and_end(2)
    sink.wait_posts(3)
    informer.kill()

    sink.answer = lambda _: OK
    informer.start()

    sink.wait_ids({*first, *undelivered})


def test_readiness_tells_that_it_is_behind(start_informer: StartInformer, sink: Sink, jobs: Jobs) -> None:
    """And it is ready again once the sink is."""
    sink.answer = lambda _: Answer(503)
    informer = start_informer(HOOKRUNNER_INFORMER_BEHIND="500ms")
    jobs.bind(1)
    wait_until(lambda: informer.get(READY) == 503, "it is not ready")
    behind = informer.metric("hookrunner_informer_behind_seconds")

    sink.answer = lambda _: OK
    wait_until(lambda: informer.get(READY) == 200, "it is ready again")

    assert behind >= 0.5


def test_duplicates_have_the_same_id(start_informer: StartInformer, sink: Sink, jobs: Jobs) -> None:
    """A sink that drops every second answer gets some twice, and all at least once."""
    posts = count()
    sink.answer = lambda _: Answer(drop=next(posts) % 2 == 0)
    start_informer()

    uids = jobs.bind(6)
    wait_until(lambda: len(sink.ids()) > len(uids), "one whose answer was dropped comes again")
    sink.wait_ids(set(uids))
