"""Files of events, in every form that tools write."""

from pathlib import Path
from typing import Any

import pytest

from function.errors import RecordingError
from informer.replay.recordings import read_events

ONE = {"specversion": "1.0", "id": "a", "source": "/s", "type": "t", "time": "2026-11-24T08:00:00Z", "data": {"n": 1}}
TWO = {"specversion": "1.0", "id": "b", "source": "/s", "type": "t"}

ONE_TEXT = '{"specversion":"1.0","id":"a","source":"/s","type":"t","time":"2026-11-24T08:00:00Z","data":{"n":1}}'
TWO_TEXT = '{"specversion":"1.0","id":"b","source":"/s","type":"t"}'
PRETTY = """{
  "specversion": "1.0",
  "id": "a",
  "source": "/s",
  "type": "t",
  "time": "2026-11-24T08:00:00Z",
  "data": {"n": 1}
}
"""
KN_EVENT = """data:
  n: 1
id: a
source: /s
specversion: "1.0"
time: "2026-11-24T08:00:00Z"
type: t
"""
UNQUOTED = """data: {n: 1}
id: a
source: /s
specversion: 1.0
time: 2026-11-24T08:00:00Z
type: t
---
id: b
source: /s
specversion: 1.0
type: t
"""
CONFORMANCE = """# as the conformance tool's own yaml/v1.yaml
ContextAttributes:
  specversion: 1.0
  type: t
  time: 2026-11-24T08:00:00Z
  id: a
  source: /s
  Extensions:
    team: ci
TransportExtensions:
  user-agent: foo
Data: |
    {"n": 1}
---
ContextAttributes: {specversion: 1.0, type: t, id: b, source: /s, datacontenttype: text/plain}
Data: "Hello, 🌎!"
"""
TWO_AND = """ContextAttributes:
  specversion: 1.0
  type: t
  id: b
  source: /s
  {}
"""
TWO_WITH = TWO_AND.format("") + "Data: {}\n"


@pytest.mark.parametrize(
    ("name", "text", "events"),
    [
        pytest.param("e.jsonl", f"{ONE_TEXT}\n\n{TWO_TEXT}\n", [ONE, TWO], id="JSON Lines"),
        pytest.param("e.jsonl", ONE_TEXT, [ONE], id="JSON Lines without an end"),
        pytest.param("e.json", f"[{ONE_TEXT},\n{TWO_TEXT}]", [ONE, TWO], id="a JSON array"),
        pytest.param("e.json", PRETTY, [ONE], id="one event over many lines"),
        pytest.param("e.yaml", KN_EVENT, [ONE], id="kn event build"),
        pytest.param("e.yml", UNQUOTED, [ONE, TWO], id="YAML without quotes"),
        pytest.param(
            "e.yaml",
            CONFORMANCE,
            [{**ONE, "team": "ci"}, {**TWO, "datacontenttype": "text/plain", "data": "Hello, 🌎!"}],
            id="the conformance tool",
        ),
        pytest.param("e.json", "[]", [], id="none"),
        pytest.param("e.json", "", [], id="an empty file"),
        pytest.param("e.jsonl", f"\n \n{ONE_TEXT}\n{TWO_TEXT}\n", [ONE, TWO], id="JSON Lines after empty lines"),
        pytest.param("e.jsonl", f"\ufeff{ONE_TEXT}\n\ufeff{TWO_TEXT}\n", [ONE, TWO], id="JSON Lines with BOMs"),
        pytest.param("e.json", f"\ufeff\n{PRETTY}", [ONE], id="one event after a BOM"),
        pytest.param("e.json", f"\ufeff[{ONE_TEXT},\n{TWO_TEXT}]", [ONE, TWO], id="an array after a BOM"),
        pytest.param("e.yaml", f"\ufeff{KN_EVENT}", [ONE], id="YAML after a BOM"),
        pytest.param("e.yaml", KN_EVENT.replace("time:", "time: !!timestamp"), [ONE], id="YAML that names a time one"),
        pytest.param("e.yaml", TWO_AND.format("Extensions:"), [TWO], id="Extensions: null"),
        pytest.param("e.yaml", TWO_AND.format("subject:"), [TWO], id="an attribute that is null"),
        pytest.param("e.yaml", TWO_WITH.format("{1: [a]}"), [{**TWO, "data": {"1": ["a"]}}], id="Data: a mapping"),
        pytest.param("e.yaml", TWO_WITH.format("[1]"), [{**TWO, "data": [1]}], id="Data: a list"),
    ],
)
def test_every_form_reads_alike(name: str, text: str, events: list[dict[str, Any]], tmp_path: Path) -> None:
    """The events as structured mode has them: times are strings, and so is the version."""
    path = tmp_path / name
    path.write_text(text)

    assert list(read_events(path)) == events


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("e.jsonl", f"{ONE_TEXT}\n{{\n", "line 2 is not JSON", id="a line that is cut"),
        pytest.param("e.jsonl", f'{ONE_TEXT}\n"a"\n', "line 2 is no CloudEvent: it must be an object", id="a string"),
        pytest.param("e.jsonl", '{"id":"a"}', "line 1 is no CloudEvent: attribute `specversion`", id="no version"),
        pytest.param("e.json", f"[{ONE_TEXT},{{}}]", "event 2 is no CloudEvent", id="in an array"),
        pytest.param("e.json", "{", "is not JSON", id="one that is cut"),
        pytest.param("e.yaml", "a: [", "is not YAML", id="no YAML"),
        pytest.param("e.yaml", "- a\n", "document 1 is no CloudEvent", id="a YAML list"),
        pytest.param("e.jsonl", "\x00\xff", "is not JSON", id="binary"),
        pytest.param("e.jsonl", '{"specversion":null}', "attribute `specversion`", id="a version that is null"),
        pytest.param("e.yaml", "ContextAttributes:", "ContextAttributes must be a mapping", id="attributes: null"),
        pytest.param(
            "e.yaml", "ContextAttributes: [1]", "ContextAttributes must be a mapping", id="attributes: a list"
        ),
        pytest.param("e.yaml", TWO_AND.format("Extensions: x"), "Extensions must be a mapping", id="Extensions: text"),
        pytest.param("e.yaml", TWO_AND.format("id:"), "attribute `id` must be", id="an id that is null"),
        pytest.param(
            "e.yaml",
            TWO_AND.format("datacontenttype: text/plain") + "Data: {a: 1}",
            "Data must be text, as its datacontenttype is text/plain",
            id="a mapping that is said to be text",
        ),
        pytest.param("e.yaml", TWO_WITH.format("{"), "is not YAML", id="YAML that is cut"),
        pytest.param("e.yaml", "a: !!int x", "a value is not what its tag says", id="a number that is none"),
        pytest.param("e.yaml", "a: !!bool x", "a value is not what its tag says", id="a bool that is none"),
        pytest.param("e.yaml", "a: !!int", "a value is not what its tag says", id="a number that is empty"),
        pytest.param("e.yaml", "[" * 2000, "is nested too deeply", id="YAML that is very deep"),
        pytest.param("e.yaml", "&a [*a]", "document 1 cannot be JSON", id="YAML in itself"),
        pytest.param("e.yaml", "{null: 1}", "document 1 cannot be JSON", id="a name that is null"),
        pytest.param("e.jsonl", '{"a":' + "[" * 3000, "is not JSON", id="nested too deep"),
    ],
)
def test_what_cannot_be_read_says_where(name: str, text: str, message: str, tmp_path: Path) -> None:
    """The file, the place in it, and what is wrong, in one line."""
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(RecordingError) as caught:
        list(read_events(path))

    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Its name is in the message."""
    with pytest.raises(RecordingError, match=r"missing\.jsonl cannot be read"):
        list(read_events(tmp_path / "missing.jsonl"))
