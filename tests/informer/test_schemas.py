"""The schemas in docs/schemas/ say what the events are."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from function.events import JOB_CHANGED, NODE_REMOVED, POD_BOUND, SCHEMAS, JobChanged, NodeRemoved, PodBound, encode

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
BOUND = PodBound(key="7.11", node="node-3.example", bound_at=NOW, pod_uid="u", namespace="ci", runner_id="7")
EXAMPLES: list[tuple[str, msgspec.Struct]] = [
    (POD_BOUND, BOUND),
    (NODE_REMOVED, NodeRemoved(node="node-3", removed_at=NOW)),
    (JOB_CHANGED, JobChanged(status="pending", project_id=11, job_id=700)),
    (JOB_CHANGED, JobChanged(status="running", project_id=11, job_id=700, tags=("docker",), queued_seconds=1.5)),
]


STRUCTS: dict[str, type[msgspec.Struct]] = {POD_BOUND: PodBound, NODE_REMOVED: NodeRemoved, JOB_CHANGED: JobChanged}


def schema_of(type_: str) -> dict[str, Any]:
    """The schema of an event's data."""
    schema: dict[str, Any] = json.loads((FOLDER / f"{type_}.json").read_text())
    return schema


def validator(type_: str) -> jsonschema.Draft202012Validator:
    """Its validator, which checks formats too."""
    jsonschema.Draft202012Validator.check_schema(schema_of(type_))
    return jsonschema.Draft202012Validator(schema_of(type_), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(("type_", "data"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_sent_fits_its_schema(type_: str, data: msgspec.Struct) -> None:
    """And `dataschema` names that schema."""
    event = msgspec.json.encode(encode(type_=type_, source="/s", id_="1", subject="s", time=NOW, data=data))
    sent = json.loads(event)
    validator(type_).validate(sent["data"])

    assert sent["dataschema"] == schema_of(type_)["$id"] == f"{SCHEMAS}{type_}.json"


@pytest.mark.parametrize("type_", [POD_BOUND, NODE_REMOVED, JOB_CHANGED])
def test_every_field_is_described(type_: str) -> None:
    """The schema and the Struct have the same fields, and require the same."""
    fields = msgspec.structs.fields(STRUCTS[type_])
    schema = schema_of(type_)

    assert set(schema["properties"]) == {field.encode_name for field in fields}
    assert set(schema["required"]) == {field.encode_name for field in fields if field.required}
    assert all(each.get("description") for each in schema["properties"].values())


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        pytest.param(POD_BOUND, {"key": "", "node": "n", "boundAt": "2026-11-24T08:00:00Z"}, id="an empty key"),
        pytest.param(POD_BOUND, {"key": "7..1", "node": "n", "boundAt": "2026-11-24T08:00:00Z"}, id="an empty part"),
        pytest.param(POD_BOUND, {"key": "7", "node": "N_1", "boundAt": "2026-11-24T08:00:00Z"}, id="no node's name"),
        pytest.param(POD_BOUND, {"key": "7", "node": "n"}, id="no time"),
        pytest.param(NODE_REMOVED, {"node": 3, "removedAt": "2026-11-24T08:00:00Z"}, id="a number for a name"),
        pytest.param(JOB_CHANGED, {"status": "pending", "projectId": "11", "jobId": 1}, id="a string for a number"),
    ],
)
def test_what_is_malformed_does_not_fit(type_: str, data: dict[str, Any]) -> None:
    """As `record` would refuse it."""
    assert not validator(type_).is_valid(data)
