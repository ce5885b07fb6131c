"""Files of CloudEvents, read as structured events: JSON Lines, a JSON array (a batch), one JSON event, or YAML.

YAML is read in the two forms that tools write: the event itself (`kn event build -o yaml`), and the one of the
CloudEvents conformance tool, with ContextAttributes and Data. Only JSON Lines are read line by line. Empty lines are
passed over, and so is a byte order mark, which some editors write.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from function.decoding import UNREADABLE
from function.errors import RecordingError

Event = dict[str, Any]
_REQUIRED = ("specversion", "id", "source", "type")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_MISTAGGED = (ValueError, LookupError)
"""What PyYAML 6 raises, besides its own errors, for such as `!!int x` and `!!bool x`."""
_BOM = b"\xef\xbb\xbf"


class _Loader(yaml.SafeLoader):
    """YAML without times: an event's time is a string."""

    def construct_text(self, node: yaml.ScalarNode) -> str:
        """The text, also of what is tagged as a time."""
        return str(self.construct_scalar(node))


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor(_TIMESTAMP, _Loader.construct_text)


def read_events(path: Path, name: Path | None = None) -> Iterator[Event]:
    """The events of a file, in its order; errors call it `name`, or by its path.

    Raises:
        RecordingError: it cannot be read, or something in it is no CloudEvent.
    """
    name = name or path
    try:
        for where, document in _documents(path, name):
            yield _event(document, f"{name}, {where}")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{name} cannot be read: {error}") from error


def _documents(path: Path, name: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix in {".yaml", ".yml"}:
        return _yaml(path, name)
    with path.open("rb") as file:
        first = next(filter(None, map(_stripped, file)), b"")
    if first.startswith(b"[") or (first and not _is_json(first)):
        return _whole(path, name)
    return _lines(path, name)


def _lines(path: Path, name: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(map(_stripped, file), 1):
            if line:
                yield f"line {number}", _decoded(line, f"{name}, line {number}")


def _stripped(text: bytes) -> bytes:
    return text.removeprefix(_BOM).strip()


def _whole(path: Path, name: Path) -> Iterator[tuple[str, Any]]:
    document = _decoded(_stripped(path.read_bytes()), str(name))
    return _numbered("event", document if isinstance(document, list) else [document])


def _yaml(path: Path, name: Path) -> Iterator[tuple[str, Any]]:
    try:
        for where, document in _numbered("document", yaml.load_all(path.read_bytes(), _Loader)):
            yield where, _as_json(document, f"{name}, {where}")
    except yaml.YAMLError as error:
        raise RecordingError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    except _MISTAGGED as error:
        raise RecordingError(f"{name} is not YAML: a value is not what its tag says ({error})") from error
    except RecursionError as error:
        raise RecordingError(f"{name} is nested too deeply") from error


def _as_json(document: Any, where: str) -> Any:  # noqa: ANN401 - any YAML value
    """The document as JSON would have it: an event has no other values, but YAML does."""
    try:
        return msgspec.json.decode(msgspec.json.encode(document))
    except (TypeError, *UNREADABLE) as error:
        raise RecordingError(f"{where} cannot be JSON, as events are: {error}") from error


def _numbered(noun: str, documents: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{noun} {number}", document) for number, document in enumerate(documents, 1))


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def _decoded(text: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return msgspec.json.decode(text)
    except UNREADABLE as error:
        raise RecordingError(f"{where} is not JSON: {error}") from error


def _event(document: Any, where: str) -> Event:  # noqa: ANN401 - whatever the file held
    if not isinstance(document, dict):
        raise RecordingError(f"{where} is no CloudEvent: it must be an object")
    event = _from_conformance(document, where) if "ContextAttributes" in document else dict(document)
    if event.get("specversion") is not None:
        event["specversion"] = str(event["specversion"])
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise RecordingError(f"{where} is no CloudEvent: attribute `{name}` must be a string that is not empty")
    return event


def _from_conformance(document: dict[str, Any], where: str) -> Event:
    attributes = _mapping(document["ContextAttributes"], "ContextAttributes", where)
    extensions = _mapping(attributes.pop("Extensions", None) or {}, "Extensions", where)
    event = {name: str(value) for name, value in {**attributes, **extensions}.items() if value is not None}
    data = document.get("Data")
    if data is None:
        return event
    media = event.get("datacontenttype", "application/json")
    return {**event, "data": _data(data, media, f"{where}, Data")}


def _mapping(value: Any, name: str, where: str) -> dict[str, Any]:  # noqa: ANN401 - whatever the file held
    if not isinstance(value, dict):
        raise RecordingError(f"{where} is no CloudEvent: {name} must be a mapping")
    return dict(value)


def _data(data: Any, media: str, where: str) -> Any:  # noqa: ANN401 - any JSON value
    """The tool itself writes JSON as text; as YAML it is taken too."""
    is_json = re.match(r"[^/]+/([^;]+\+)?json", media)
    if isinstance(data, str):
        return _decoded(data.encode(), where) if is_json else data
    if not is_json:
        raise RecordingError(f"{where} must be text, as its datacontenttype is {media}")
    return data
