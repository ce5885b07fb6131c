"""The key that a pod's history is kept under, from its labels."""

import re
from collections.abc import Mapping, Sequence

SEPARATOR = "."
_NODE_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NODE_NAME_MAX = 253
_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_]*[A-Za-z0-9])?")
_PART_MAX = 63
_KEY_MAX = 253 - len("_warm.")
"""A ConfigMap's names have at most 253 characters, and the history puts a prefix before a key."""


def key_of(labels: Mapping[str, str], key_labels: Sequence[str]) -> str | None:
    """The values of `key_labels` joined with dots, or None if one of them makes no key.

    GitLab Runner sets an empty label where a variable was not sent: no key. A value with a dot of its own is
    no key either: joined, `1.2` and `3` could not be told from `1` and `2.3`.
    """
    parts = [labels.get(label, "") for label in key_labels]
    key = SEPARATOR.join(parts)
    return key if len(key) <= _KEY_MAX and all(map(_is_part, parts)) else None


def is_key(text: str) -> bool:
    """Whether `text` is a key that `key_of` could have made."""
    return len(text) <= _KEY_MAX and all(map(_is_part, text.split(SEPARATOR)))


def is_node_name(text: str) -> bool:
    """Whether `text` can name a node: a DNS-1123 subdomain of at most 253 characters.

    The API server refuses a pod whose matchFields term names anything else (422).
    """
    return len(text) <= _NODE_NAME_MAX and _NODE_NAME.fullmatch(text) is not None


def _is_part(value: str) -> bool:
    return len(value) <= _PART_MAX and _PART.fullmatch(value) is not None
