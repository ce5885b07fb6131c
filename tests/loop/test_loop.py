"""The main job: a job's pod goes back to the node that its key ran on last."""

import json

import pytest

from tests.controlplane.nodes import Nodes
from tests.controlplane.workloads import Pods, runner_pod
from tests.loop.history import History, sees, term, terms
from tests.support.functions import FunctionProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.controlplane, pytest.mark.usefixtures("loop")]


def test_ten_keys_in_a_row_go_back_to_their_nodes(nodes: Nodes, pods: Pods, history: History) -> None:
    """Five nodes that are all alike: each second pod gets the term for the first one's node, and is bound there."""
    nodes.add(5)
    for key in map(str, range(100, 110)):
        first = pods.create(runner_pod(runner=key))
        node = pods.wait_bound(first["metadata"]["name"])
        history.wait_for(key, node)
        wait_until(lambda key=key, node=node: sees(pods, key, node), f"mutate prefers {node} for {key}")  # type: ignore[misc]  # mypy cannot infer a lambda's defaults

        second = pods.create(runner_pod(runner=key))

        assert (terms(first), terms(second)) == ([], [term(node)])
        assert pods.wait_bound(second["metadata"]["name"]) == node


def test_the_history_holds_the_time_of_the_binding(nodes: Nodes, pods: Pods, history: History) -> None:
    """The ConfigMap has the node, and the scheduler's own time."""
    nodes.add(1)
    name = pods.create(runner_pod(runner="41"))["metadata"]["name"]
    node = pods.wait_bound(name)
    history.wait_for("41", node)

    conditions = {found["type"]: found for found in pods.get(name)["status"]["conditions"]}
    data = history.data()

    assert {key: data[key] for key in ("41", "_warm.41")} == {
        "41": "node-1",
        "_warm.41": json.dumps({"node-1": conditions["PodScheduled"]["lastTransitionTime"]}, separators=(",", ":")),
    }


def test_a_removed_node_is_not_preferred_any_more(nodes: Nodes, pods: Pods, history: History) -> None:
    """The informer tells of the node's end; the key's next pod has no term for it, a new binding counts again."""
    nodes.add(1, prefix="gone")
    node = pods.wait_bound(pods.create(runner_pod(runner="41"))["metadata"]["name"])
    history.wait_for("41", node)
    nodes.delete(node)
    wait_until(lambda: sees(pods, "41", None), f"mutate has forgotten {node}")
    nodes.add(1, prefix="new")

    new = pods.wait_bound(pods.create(runner_pod(runner="41"))["metadata"]["name"])

    history.wait_for("41", new)
    wait_until(lambda: sees(pods, "41", new), f"mutate prefers {new}")


def test_a_dry_run_gets_the_patch_and_leaves_no_trace(nodes: Nodes, pods: Pods, history: History) -> None:
    """Nothing is bound, so nothing is recorded."""
    nodes.add(1)
    history.edit({"41": "node-1"})
    wait_until(lambda: sees(pods, "41", "node-1"), "mutate prefers node-1")
    before = history.data()

    pod = pods.create(runner_pod(runner="41"), dry_run=True)
    marker = pods.run(runner_pod(runner="42"))
    history.wait_for("42", marker)

    after = {name: text for name, text in history.data().items() if "42" not in name}
    assert (terms(pod), after) == ([term("node-1")], before)


def test_a_burst_of_one_runner_is_placed_whole(
    nodes: Nodes, pods: Pods, history: History, loop: FunctionProcess
) -> None:
    """Twenty pods at once all get the term, and twenty bindings become one key."""
    nodes.add(5)
    history.edit({"41": "node-4"})
    wait_until(lambda: sees(pods, "41", "node-4"), "mutate prefers node-4")

    names = [pods.create(runner_pod(runner="41"))["metadata"]["name"] for _ in range(20)]

    assert {pods.wait_bound(name) for name in names} == {"node-4"}
    wait_until(lambda: "_warm.41" in history.data(), "record wrote the bindings")
    assert set(json.loads(history.data()["_warm.41"])) == {"node-4"}
    assert loop.tail().count("Traceback") == 0
