"""The fault bench's own rule: a binding that the history does not hold is found, whatever else it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.faults.__main__ import keep
from bench.faults.truth import Binding, Verdict, bindings_in, compare

AT_EIGHT = 1_795_507_200
"""2026-11-24T08:00:00Z."""
BOUND = [Binding("ci/a", "7", "node-1", AT_EIGHT), Binding("ci/b", "7", "node-2", AT_EIGHT + 5)]


def audited(resource: dict[str, str], body: dict[str, Any], code: int = 201) -> str:
    """A line of an audit log."""
    return json.dumps(
        {
            "objectRef": {"namespace": "ci", **resource},
            "requestObject": body,
            "responseStatus": {"code": code},
            "requestReceivedTimestamp": "2026-11-24T08:00:00.123456Z",
        }
    )


def created(name: str, code: int = 201) -> str:
    """A pod of runner 7 that was created, or not."""
    return audited({}, {"metadata": {"name": name, "labels": {"gitlab.com/runner-id": "7"}}}, code)


def bound(name: str, node: str, code: int = 201) -> str:
    """A pod that was bound, or not."""
    return audited({"name": name, "subresource": "binding"}, {"target": {"name": node}}, code)


def test_the_audit_log_tells_what_happened(tmp_path: Path) -> None:
    """Refused bindings did not happen, others' pods do not count, and a line that was cut is passed over.

    A binding may stand before the creation: the scheduler can be faster than the log.
    """
    log = tmp_path / "audit.log"
    lines = [bound("a", "node-1", 409), bound("a", "node-2"), created("a"), created("b", 403), bound("other", "node-3")]
    log.write_text("\n".join([*lines, bound("a", "node-4")[:40]]))

    assert bindings_in(log) == [Binding("ci/a", "7", "node-2", AT_EIGHT)]


WHOLE = {"7": "node-2", "_warm.7": '{"node-2":"2026-11-24T08:00:05Z","node-1":"2026-11-24T08:00:00Z"}'}


def warm(**nodes: str) -> dict[str, str]:
    """The texts of key 7; a node's `_` stands for `-`, times are of that day."""
    times = {node.replace("_", "-"): f"2026-11-24T{time}Z" for node, time in nodes.items()}
    return {"7": "node-2", "_warm.7": json.dumps(times)}


@pytest.mark.parametrize(
    ("data", "missing", "wrong"),
    [
        pytest.param(WHOLE, (), (), id="all"),
        pytest.param(warm(node_1="08:00:02", node_2="08:00:07"), (), (), id="as late as may be"),
        pytest.param(warm(node_1="08:00:00", node_2="08:00:08"), (), ("7/node-2",), id="later"),
        pytest.param(warm(node_1="09:00:00", node_2="09:00:05"), (), ("7/node-1", "7/node-2"), id="an hour late"),
        pytest.param(warm(node_1="08:00:00", node_2="08:00:04"), ("ci/b",), (), id="an earlier time"),
        pytest.param(warm(node_1="08:00:00"), ("ci/b",), (), id="of unknown age"),
        pytest.param(
            warm(node_1="08:00:00", node_2="08:00:05", node_3="08:00:05"), (), ("7/node-3",), id="a node never bound"
        ),
        pytest.param({**WHOLE, "8": "node-2"}, (), ("8/node-2",), id="a key of no pod"),
        pytest.param({**WHOLE, "_warm.8": "none"}, (), ("8: nothing readable",), id="texts that say nothing"),
        pytest.param({**WHOLE, "9": "node-2"}, (), (), id="a key that somebody else wrote"),
        pytest.param({**WHOLE, "_removed": '{"node-1":"2026-11-24T09:00:00Z"}'}, (), (), id="a node removed since"),
        pytest.param({}, ("ci/a", "ci/b"), (), id="nothing"),
    ],
)
def test_what_is_missing_or_wrong_is_found(
    data: dict[str, str], missing: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    """By key, node and time: the whole entry."""
    assert compare(BOUND, data, others={"9"}) == Verdict(2 - len(missing), 2, missing, wrong)


def test_of_one_key_and_node_the_last_counts() -> None:
    """An earlier binding there makes no later one wrong."""
    again = [Binding("ci/c", "7", "node-1", AT_EIGHT + 60), *BOUND]
    data = warm(node_1="08:01:00", node_2="08:00:05")
    assert compare(again, data) == Verdict(3, 3)


def test_the_last_table_is_kept(tmp_path: Path) -> None:
    """Between its marks, and nowhere else."""
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- faults: begin -->\nold\n<!-- faults: end -->\nafter\n")

    keep(document, "new\n")

    assert document.read_text() == "before\n<!-- faults: begin -->\nnew\n<!-- faults: end -->\nafter\n"
