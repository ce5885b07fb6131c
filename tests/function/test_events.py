"""The events' data: what is read, what is refused, and how an event is written."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from function.errors import BadRequest
from function.events import (
    NODE_REMOVED,
    POD_BOUND,
    Event,
    JobChanged,
    NodeRemoved,
    PodBound,
    encode,
    job_changed,
    node_removed,
    pod_bound,
    rfc3339,
    type_of,
)

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)
BOUND = {"key": "17", "node": "node-3", "boundAt": "2026-11-24T08:00:00Z"}
WRONG = "the event's data is not valid: "


def event(data: Any) -> Event:  # noqa: ANN401 - any JSON value
    """An event with this data."""
    return Event({"type": "any"}, data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(BOUND, id="decoded"),
        pytest.param(b'{"key":"17","node":"node-3","boundAt":"2026-11-24T08:00:00Z"}', id="bytes"),
        pytest.param('{"key":"17","node":"node-3","boundAt":"2026-11-24T08:00:00Z"}', id="text"),
        pytest.param({**BOUND, "boundAt": "2026-11-24T09:00:00+01:00"}, id="another zone"),
        pytest.param({**BOUND, "more": [1]}, id="members that we do not know"),
    ],
)
def test_pod_bound(data: Any) -> None:  # noqa: ANN401 - any JSON value
    """However the event's library holds the data, it is read."""
    assert pod_bound(event(data)) == PodBound(key="17", node="node-3", bound_at=EIGHT)


def test_pod_bound_whole() -> None:
    """Every member is read."""
    data = {**BOUND, "podUid": "u", "namespace": "ci", "runnerId": "17", "projectId": "4"}
    expected = PodBound(
        key="17", node="node-3", bound_at=EIGHT, pod_uid="u", namespace="ci", runner_id="17", project_id="4"
    )
    assert pod_bound(event(data)) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, "Expected `object`, got `null`", id="no data"),
        pytest.param([], "Expected `object`, got `array`", id="a list"),
        pytest.param(b"\xff", "JSON is malformed: invalid character (byte 0)", id="bytes that are no JSON"),
        pytest.param(
            b'{"key":"\xff"}',
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            id="bytes that are no UTF-8",
        ),
        pytest.param({}, "Object missing required field `key`", id="empty"),
        pytest.param({**BOUND, "key": 17}, "Expected `str`, got `int` - at `$.key`", id="key is a number"),
        pytest.param({**BOUND, "key": ""}, "`$.key` must be label values joined with dots", id="empty key"),
        pytest.param({**BOUND, "key": "_removed"}, "`$.key` must be label values joined with dots", id="hostile key"),
        pytest.param(
            {**BOUND, "node": "NODE"}, "`$.node` must be a node's name (DNS-1123 subdomain)", id="no node's name"
        ),
        pytest.param({**BOUND, "boundAt": "now"}, "Invalid RFC3339 encoded datetime - at `$.boundAt`", id="no time"),
        pytest.param({**BOUND, "boundAt": 5}, "Expected `datetime`, got `int` - at `$.boundAt`", id="time in seconds"),
    ],
)
def test_malformed(data: Any, message: str) -> None:  # noqa: ANN401 - any JSON value
    """Wrong data is one line with its path."""
    with pytest.raises(BadRequest) as caught:
        pod_bound(event(data))
    assert str(caught.value) == WRONG + message


def test_node_removed() -> None:
    """A removal is a node and a time."""
    data = {"node": "node-3", "removedAt": "2026-11-24T08:00:00Z"}
    assert node_removed(event(data)) == NodeRemoved(node="node-3", removed_at=EIGHT)


def test_node_removed_needs_a_name() -> None:
    """What names no node cannot have been removed."""
    with pytest.raises(BadRequest) as caught:
        node_removed(event({"node": "../x", "removedAt": "2026-11-24T08:00:00Z"}))
    assert str(caught.value) == WRONG + "`$.node` must be a node's name (DNS-1123 subdomain)"


def test_job_changed() -> None:
    """A job's change, with what the hook did not tell left out."""
    data = {"status": "pending", "projectId": 4, "jobId": 7}
    assert job_changed(event(data)) == JobChanged(status="pending", project_id=4, job_id=7)


@pytest.mark.parametrize(
    ("attributes", "type_"),
    [({"type": POD_BOUND}, POD_BOUND), ({}, ""), ({"type": None}, "")],
    ids=["a type", "none", "null"],
)
def test_type_of(attributes: dict[str, Any], type_: str) -> None:
    """An event without a type has an empty one."""
    assert type_of(Event(attributes)) == type_


def test_encode() -> None:
    """The structured form, whole."""
    data = NodeRemoved(node="node-3", removed_at=EIGHT)
    encoded = encode(type_=NODE_REMOVED, source="/clusters/eu/nodes", id_="1", subject="node-3", time=EIGHT, data=data)
    assert encoded == {
        "specversion": "1.0",
        "type": "dev.hookrunner.node.removed.v1",
        "source": "/clusters/eu/nodes",
        "id": "1",
        "subject": "node-3",
        "time": "2026-11-24T08:00:00Z",
        "dataschema": "https://hookrunner.dev/schemas/dev.hookrunner.node.removed.v1.json",
        "datacontenttype": "application/json",
        "data": {"node": "node-3", "removedAt": "2026-11-24T08:00:00Z"},
    }


@pytest.mark.parametrize(
    ("time", "text"),
    [
        pytest.param(EIGHT, "2026-11-24T08:00:00Z", id="UTC"),
        pytest.param(EIGHT.astimezone(timezone(timedelta(hours=5))), "2026-11-24T08:00:00Z", id="elsewhere"),
        pytest.param(EIGHT.replace(tzinfo=None), "2026-11-24T08:00:00Z", id="naive"),
        pytest.param(EIGHT.replace(microsecond=5), "2026-11-24T08:00:00.000005Z", id="a fraction"),
        pytest.param(
            datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "0001-01-01T00:00:00+05:00", id="too early for UTC"
        ),
        pytest.param(
            datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))),
            "9999-12-31T23:00:00-05:00",
            id="too late for UTC",
        ),
    ],
)
def test_rfc3339(time: datetime, text: str) -> None:
    """A time in UTC, with a Z, as long as there is such a time."""
    assert rfc3339(time) == text
