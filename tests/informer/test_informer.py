"""The informer against a real API server and scheduler."""

import pytest

from tests.controlplane.nodes import Nodes
from tests.controlplane.workloads import Pods, runner_pod
from tests.informer.cluster import LeaseInCluster
from tests.informer.conftest import StartInformer
from tests.informer.sink import Sink

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
    """The removal has the node's UID as its id."""
    start_informer()
    lease.wait_position("nodes")
    node = nodes.add_one("short-lived")
    nodes.delete("short-lived")

    [event] = sink.wait(1)

    assert (event["type"], event["id"], event["data"]["node"]) == (
        "dev.hookrunner.node.removed.v1",
        node["metadata"]["uid"],
        "short-lived",
    )
