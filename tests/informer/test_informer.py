"""The informer against a real API server and scheduler."""

import pytest

from tests.controlplane.nodes import Nodes
from tests.controlplane.workloads import Pods, runner_pod
from tests.informer.cluster import LeaseInCluster
from tests.informer.conftest import StartInformer
from tests.informer.sink import OK, Answer, Sink
from tests.support.waiting import wait_until

pytestmark = pytest.mark.controlplane


def test_each_binding_is_posted_once(start_informer: StartInformer, sink: Sink, nodes: Nodes, pods: Pods) -> None:
    """A pod that was bound before the start, and one after: an event each, whatever else happens to them."""
    nodes.add(2)
    before = pods.create(runner_pod(runner="41"))
    before_node = pods.wait_bound(before["metadata"]["name"])
    start_informer()
    sink.wait(1)
    after = pods.create(runner_pod(runner="42"))
    after_node = pods.wait_bound(after["metadata"]["name"])
    sink.wait(2)
    pods.delete(before["metadata"]["name"])
    last = pods.create(runner_pod(runner="43"))
    sink.wait(3)

    found = [(event["id"], event["data"]["key"], event["data"]["node"]) for event in sink.accepted]

    assert found == [
        (before["metadata"]["uid"], "41", before_node),
        (after["metadata"]["uid"], "42", after_node),
        (last["metadata"]["uid"], "43", pods.wait_bound(last["metadata"]["name"])),
    ]


def test_a_node_that_goes_is_told(
    start_informer: StartInformer, sink: Sink, nodes: Nodes, lease: LeaseInCluster
) -> None:
    """The removal has the node's UID as its id, and the time of the last change of the node before it."""
    start_informer()
    lease.wait_position("nodes")
    node = nodes.add_one("short-lived")
    nodes.delete("short-lived")

    [event] = sink.wait(1)

    assert (event["type"], event["id"], event["data"]) == (
        "dev.hookrunner.node.removed.v1",
        node["metadata"]["uid"],
        {"node": "short-lived", "removedAt": max(each["time"] for each in node["metadata"]["managedFields"])},
    )


def test_a_removal_that_is_told_again_is_the_same(
    start_informer: StartInformer, sink: Sink, nodes: Nodes, lease: LeaseInCluster
) -> None:
    """The leader crashes before it has the sink's answer, and another finds the removal on resuming."""
    leader = start_informer()
    lease.wait_position("nodes")
    sink.answer = lambda _: Answer(drop=True)
    nodes.add_one("gone-before")
    nodes.delete("gone-before")
    sink.wait_posts(1)
    leader.kill()

    sink.answer = lambda _: OK
    leader.start()
    wait_until(lambda: sink.posts[-1].answer == OK, "it is taken")

    told = [event for event in sink.accepted if event["subject"] == "gone-before"]
    assert told == [told[0]] * len(told)
