"""CloudEvents over HTTP, as a receiver gets them: binary, structured and batched mode.

After the HTTP protocol binding of CloudEvents 1.0.2. The `cloudevents` library is not used to parse: it invents a
missing id, accepts NaN and version 0.3, and does not unescape quoted header values (2.2), and the two runtimes need two
majors of it. A member that stands twice in one object is refused: which of the two counts is for nobody to guess.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from function.decoding import UNREADABLE, reason
from function.errors import BadRequest, UnsupportedMedia
from function.events import OURS, Event
from function.http import RawHeaders, Request

_BATCH = "application/cloudevents-batch"
_STRUCTURED = "application/cloudevents"
_PREFIX = b"ce-"
_REQUIRED = ("specversion", "id", "source", "type")
_QUOTED_PAIR = re.compile(r"\\(.)")
_JSON_TYPE = re.compile(r"[^/]+/(?:json|[^;]+\+json)\s*(?:;.*)?", re.IGNORECASE)

_OBJECTS = msgspec.json.Decoder(dict[str, Any])
_BATCHES = msgspec.json.Decoder(list[dict[str, Any]])
_VALUES = msgspec.json.Decoder()


def read_events(request: Request) -> list[Event]:
    """The events that a request carries, in order; none for an empty batch.

    What is not JSON in an event of a type that is not ours stays bytes: nobody looks at it.

    Raises:
        UnsupportedMedia: it is no CloudEvent, or one of ours in a format that is not JSON.
        BadRequest: an event is malformed; the message says what and where, for a batch with the event's index.
    """
    content_type = request.header("content-type").strip()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith(_BATCH):
        _check_format(media_type, _BATCH)
        batch = _decode(request.body, _BATCHES)
        return [_structured(members, f"event {index} of the batch: ") for index, members in enumerate(batch)]
    if media_type.startswith(_STRUCTURED):
        _check_format(media_type, _STRUCTURED)
        return [_structured(_decode(request.body, _OBJECTS), "")]
    return [_binary(request, content_type or "application/json")]


def _check_format(media_type: str, mode: str) -> None:
    if media_type.removeprefix(mode) not in {"", "+json"}:
        raise UnsupportedMedia(f"only the JSON format of CloudEvents is read: post {mode}+json")


def _decode(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:  # noqa: ANN401 - as the decoder has it
    try:
        value = decoder.decode(body)
        _NAMES.decode(body.decode())
    except UNREADABLE as error:
        raise BadRequest(f"the body is no CloudEvent: {reason(error)}") from None
    return value


def _check_names(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise BadRequest("the body is no CloudEvent: a member stands twice in one object")


_NAMES = json.JSONDecoder(object_pairs_hook=_check_names)
"""Only looks at names. msgspec, which makes the values, takes the last of two and says nothing."""


def _structured(members: dict[str, Any], where: str) -> Event:
    attributes = {name: value for name, value in members.items() if value is not None}
    data = attributes.pop("data", None)
    encoded = attributes.pop("data_base64", None)
    _check_attributes(attributes, where)
    if encoded is not None:
        if data is not None:
            raise BadRequest(f"{where}`$.data` and `$.data_base64` exclude each other")
        data = _from_base64(encoded, where)
    return Event(attributes, data)


def _from_base64(encoded: object, where: str) -> bytes:
    try:
        return base64.b64decode(str(encoded), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"{where}`$.data_base64` is not base64") from None


def _binary(request: Request, content_type: str) -> Event:
    attributes = dict(_from_headers(request.headers))
    if not attributes:
        raise UnsupportedMedia("this takes CloudEvents: post application/cloudevents+json, or ce- headers and data")
    _check_attributes(attributes, "")
    if not request.body:
        return Event(attributes)
    return Event({**attributes, "datacontenttype": content_type}, _data(request.body, content_type, attributes["type"]))


def _data(body: bytes, content_type: str, type_: str) -> Any:  # noqa: ANN401 - any JSON value, or bytes
    if _JSON_TYPE.fullmatch(content_type):
        return _decode(body, _VALUES)
    if type_ in OURS:
        raise UnsupportedMedia("only JSON data is read: set Content-Type: application/json")
    return body


def _from_headers(headers: RawHeaders) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        if name.startswith(_PREFIX):
            yield name.removeprefix(_PREFIX).decode("latin-1"), _unescape(value)


def _unescape(value: bytes) -> str:
    """A header value as the binding has it: quotes away first, then percent-decoding once, then UTF-8."""
    text = value.decode("latin-1").strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _QUOTED_PAIR.sub(r"\1", text[1:-1])
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise BadRequest("a ce- header is not UTF-8 after percent-decoding") from None


def _check_attributes(attributes: dict[str, Any], where: str) -> None:
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise BadRequest(f"{where}attribute `{name}` must be a string that is not empty")
    if attributes["specversion"] != "1.0":
        raise BadRequest(f"{where}attribute `specversion` must be 1.0")
    if "time" in attributes and not _is_time(attributes["time"]):
        raise BadRequest(f"{where}attribute `time` must be an RFC 3339 time")
    if any(isinstance(value, dict | list | float) for value in attributes.values()):
        raise BadRequest(f"{where}an attribute must be a string, a whole number or a truth value")


def _is_time(value: object) -> bool:
    try:
        msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return False
    return True
