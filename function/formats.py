"""The forms that settings are written in: text to value, or ValueError. `function.environment.read` makes the error."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from function.decoding import UNREADABLE
from function.environment import duration, integer, words
from function.keys import is_node_name

MAX_NODES = 100
"""How many nodes a key may keep: there are no more than 100 different weights."""

_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SENDER = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?[/:][a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_EXTENSION = re.compile(r"[a-z0-9]+")
_DEFINED = frozenset(
    {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "dataschema",
        "datacontenttype",
        "data",
        "data_base64",
    }
)
"""What CloudEvents itself defines: no extension may take its place."""


class _Overrides(msgspec.Struct, frozen=True):
    """Knative's SinkBinding contract: what K_CE_OVERRIDES holds."""

    extensions: dict[str, str] = {}


def label(text: str) -> str:
    """A label's name, with or without a domain before it."""
    domain, slash, name = text.rpartition("/")
    if (slash and not is_node_name(domain)) or not _LABEL_NAME.fullmatch(name):
        raise ValueError(text)
    return text


def labels(text: str) -> tuple[str, ...]:
    """Names of labels, at least one."""
    found = tuple(label(word) for word in words(text))
    if not found:
        raise ValueError(text)
    return found


def accounts(text: str) -> tuple[str, ...]:
    """ServiceAccounts as `namespace/name`; `namespace:name` is taken too."""
    found = words(text)
    if not all(map(_SENDER.fullmatch, found)):
        raise ValueError(text)
    return tuple(account.replace(":", "/") for account in found)


def file_if_any(text: str) -> Path | None:
    """A file that is there; None for the empty text."""
    if text and not Path(text).is_file():
        raise ValueError(text)
    return Path(text) if text else None


def url(text: str) -> str:
    """An http or https URL."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError(text)
    return text


def extensions(text: str) -> dict[str, str]:
    """The extension attributes in a K_CE_OVERRIDES object: names of a-z and 0-9 that CloudEvents does not define."""
    try:
        found = msgspec.json.decode(text, type=_Overrides).extensions
    except UNREADABLE:
        raise ValueError(text) from None
    if not all(_EXTENSION.fullmatch(name) and name not in _DEFINED for name in found):
        raise ValueError(text)
    return found


def weights(text: str) -> tuple[int, ...]:
    """Weights of preferred terms, falling or level; the API takes 1 to 100."""
    found = tuple(integer(1, 100)(word) for word in words(text))
    if not 1 <= len(found) <= MAX_NODES or list(found) != sorted(found, reverse=True):
        raise ValueError(text)
    return found


def age(text: str) -> float:
    """Seconds of a duration from a minute to ten years."""
    seconds = duration(text)
    if not timedelta(minutes=1).total_seconds() <= seconds <= timedelta(days=3650).total_seconds():
        raise ValueError(text)
    return seconds


def volume_prefix(text: str) -> str:
    """The beginning of a volume's name."""
    if not re.fullmatch(r"[a-z0-9][-a-z0-9]{0,62}", text):
        raise ValueError(text)
    return text
