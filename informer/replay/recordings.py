"""Files of CloudEvents, read as structured events: JSON Lines, a JSON array (a batch), one JSON event, or YAML.

YAML is read in the two forms that tools write: the event itself (`kn event build -o yaml`), and the one of the
CloudEvents conformance tool, with ContextAttributes and Data. Only JSON Lines are read line by line.
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


class _Loader(yaml.SafeLoader):
    """YAML without times: an event's time is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_events(path: Path) -> Iterator[Event]:
    """The events of a file, in its order.

    Raises:
        RecordingError: it cannot be read, or something in it is no CloudEvent.
    """
    try:
        for where, document in _documents(path):
            yield _event(document, f"{path}, {where}")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} cannot be read: {error}") from error


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    if path.suffix in {".yaml", ".yml"}:
        return _numbered("document", _yaml(path))
    with path.open("rb") as file:
        first = file.readline().strip()
    if first.startswith(b"[") or not _is_json(first):
        return _whole(path)
    return _lines(path)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"line {number}", _decoded(line, f"{path}, line {number}")


def _whole(path: Path) -> Iterator[tuple[str, Any]]:
    document = _decoded(path.read_bytes(), str(path))
    return _numbered("event", document if isinstance(document, list) else [document])


def _yaml(path: Path) -> Iterator[Any]:
    try:
        yield from yaml.load_all(path.read_text(), _Loader)
    except yaml.YAMLError as error:
        raise RecordingError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


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
    event["specversion"] = str(event.get("specversion", ""))
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise RecordingError(f"{where} is no CloudEvent: attribute `{name}` must be a string that is not empty")
    return event


def _from_conformance(document: dict[str, Any], where: str) -> Event:
    attributes = dict(document["ContextAttributes"])
    extensions = attributes.pop("Extensions", {})
    event = {name: str(value) for name, value in {**attributes, **extensions}.items()}
    data = document.get("Data")
    if data is None:
        return event
    is_json = re.match(r"[^/]+/([^;]+\+)?json", event.get("datacontenttype", "application/json"))
    return {**event, "data": _decoded(data.encode(), f"{where}, Data") if is_json else data}
