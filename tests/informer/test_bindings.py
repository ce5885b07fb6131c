"""What pods and nodes tell."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from informer.bindings import Naming, Sent, bound, removed
from informer.wire import Node, Pod

NAMING = Naming("prod-1", "gitlab.com/runner-id", ("gitlab.com/runner-id",), {})
REAL_POD = Path(__file__).parents[1] / "data" / "pods" / "shared-runner-project-11-a.json"
SCHEDULED = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-24T08:00:00Z"}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-24T08:05:00Z"}


def pod(**changes: Any) -> Pod:  # noqa: ANN401 - JSON values
    """A real runner's pod, bound to node-3; `changes` replace labels, node, conditions or phase."""
    raw = json.loads(REAL_POD.read_text())
    raw["metadata"] |= {"uid": "6f1c", "creationTimestamp": "2026-11-24T07:59:59Z"}
    raw["metadata"]["labels"] |= changes.get("labels", {})
    raw["spec"]["nodeName"] = changes.get("node", "node-3")
    raw["status"] = {
        "phase": changes.get("phase", "Running"),
        "conditions": changes.get("conditions", [READY, SCHEDULED]),
    }
    return msgspec.json.decode(json.dumps(raw), type=Pod)


def test_a_bound_pod_is_an_event() -> None:
    """The whole event, for a real runner's pod."""
    assert bound(pod(), NAMING) == {
        "specversion": "1.0",
        "type": "dev.hookrunner.pod.bound.v1",
        "source": "/clusters/prod-1/api/v1/pods",
        "id": "6f1c",
        "subject": "ci-jobs/runner-shfake-no-project-11-concurrent-0-or104jjy",
        "time": "2026-11-24T08:00:00Z",
        "dataschema": "https://hookrunner.dev/schemas/dev.hookrunner.pod.bound.v1.json",
        "datacontenttype": "application/json",
        "data": {
            "key": "7",
            "node": "node-3",
            "boundAt": "2026-11-24T08:00:00Z",
            "podUid": "6f1c",
            "namespace": "ci-jobs",
            "runnerId": "7",
            "projectId": "11",
        },
    }


@pytest.mark.parametrize(
    ("changes", "key_labels", "wanted"),
    [
        pytest.param({"phase": "Succeeded"}, None, ("7", "2026-11-24T08:00:00Z"), id="finished: it was bound"),
        pytest.param({"conditions": []}, None, ("7", "2026-11-24T07:59:59Z"), id="created with a node's name"),
        pytest.param({"conditions": None}, None, ("7", "2026-11-24T07:59:59Z"), id="no conditions at all"),
        pytest.param(
            {},
            ("gitlab.com/runner-id", "project.runner.gitlab.com/id"),
            ("7.11", "2026-11-24T08:00:00Z"),
            id="a key of two labels",
        ),
        pytest.param({"labels": {"gitlab.com/runner-id": ""}}, None, None, id="an empty label is no key"),
        pytest.param({"labels": {"gitlab.com/runner-id": "1.2"}}, None, None, id="nor is one with a dot"),
        pytest.param({}, ("absent",), None, id="a label of the key is missing"),
        pytest.param({"node": ""}, None, None, id="not bound"),
    ],
)
def test_key_and_time(
    changes: dict[str, Any], key_labels: tuple[str, ...] | None, wanted: tuple[str, str] | None
) -> None:
    """Which pods make an event, with which key and time."""
    naming = dataclasses.replace(NAMING, key_labels=key_labels or NAMING.key_labels)
    event = bound(pod(**changes), naming)

    assert (event and (event["data"]["key"], event["time"])) == wanted


def test_a_pod_without_the_runner_label_is_not_a_runners() -> None:
    """Even if its key comes from other labels."""
    naming = Naming("prod-1", "absent", ("project.runner.gitlab.com/id",), {})

    assert bound(pod(), naming) is None


def node(**meta: Any) -> Node:  # noqa: ANN401 - JSON values
    """The last state of a node."""
    return msgspec.convert({"metadata": {"name": "node-3", "uid": "n0de", **meta}}, Node)


def test_a_removed_node_is_an_event() -> None:
    """The whole event."""
    assert removed(node(creationTimestamp="2026-11-24T09:00:00Z"), None, NAMING) == {
        "specversion": "1.0",
        "type": "dev.hookrunner.node.removed.v1",
        "source": "/clusters/prod-1/api/v1/nodes",
        "id": "n0de",
        "subject": "node-3",
        "time": "2026-11-24T09:00:00Z",
        "dataschema": "https://hookrunner.dev/schemas/dev.hookrunner.node.removed.v1.json",
        "datacontenttype": "application/json",
        "data": {"node": "node-3", "removedAt": "2026-11-24T09:00:00Z"},
    }


MADE = {"creationTimestamp": "2026-11-24T07:00:00Z"}
BEAT = {"manager": "kubelet", "subresource": "status", "time": "2026-11-24T08:55:00Z"}
CORDON = {"manager": "kubectl-cordon", "time": "2026-11-24T08:57:00Z"}


@pytest.mark.parametrize(
    ("meta", "time"),
    [
        pytest.param({}, None, id="no time at all"),
        pytest.param(MADE, "2026-11-24T07:00:00Z", id="never changed"),
        pytest.param({**MADE, "managedFields": None}, "2026-11-24T07:00:00Z", id="writers cleared"),
        pytest.param({**MADE, "managedFields": [{"manager": "old"}]}, "2026-11-24T07:00:00Z", id="a writer of no time"),
        pytest.param({**MADE, "managedFields": [BEAT]}, "2026-11-24T08:55:00Z", id="the last heartbeat"),
        pytest.param({**MADE, "managedFields": [CORDON, BEAT]}, "2026-11-24T08:57:00Z", id="cordoned after it"),
        pytest.param(
            {**MADE, "managedFields": [CORDON, BEAT], "deletionTimestamp": "2026-11-24T08:58:00Z"},
            "2026-11-24T08:58:00Z",
            id="a finalizer held it",
        ),
        pytest.param(
            {**MADE, "managedFields": [{"time": "2026-11-24T06:59:00"}]}, "2026-11-24T07:00:00Z", id="without a zone"
        ),
    ],
)
def test_when_a_node_was_last_there(meta: dict[str, Any], time: str | None) -> None:
    """The latest time that the API server wrote into it."""
    event = removed(node(**meta), None, NAMING)

    assert (event and (event["time"], event["data"]["removedAt"])) == (time and (time, time))


def test_overrides_are_attributes() -> None:
    """K_CE_OVERRIDES, beside what is ours."""
    event = bound(pod(), Naming("prod-1", "gitlab.com/runner-id", ("gitlab.com/runner-id",), {"team": "ci"}))

    assert event is not None
    assert (event["team"], event["type"]) == ("ci", "dev.hookrunner.pod.bound.v1")


def test_what_was_sent_is_remembered_within_a_bound() -> None:
    """Each UID is new once; the one that was not seen for longest is forgotten first."""
    sent = Sent(limit=2)

    new = [sent.add(uid) for uid in ("a", "b", "a", "c", "a", "b")]
    sent.forget("a")

    assert new == [True, True, False, True, False, True]
    assert sent.add("a")
