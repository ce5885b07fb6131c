"""How far was delivered, as annotations of the Lease. Pure."""

from collections.abc import Mapping

from informer.positions import Progress

PREFIX = "hookrunner.dev/delivered-"
MAX_DIGITS = 20
"""Of a resourceVersion: it is an unsigned integer of 64 bits. Python refuses to read one of thousands of digits."""


def notes_of(progress: Mapping[str, Progress]) -> dict[str, str]:
    """The annotations for what is delivered of each resource; none for one that was not listed yet."""
    return {PREFIX + name: each.position for name, each in progress.items() if each.position}


def position_of(annotations: Mapping[str, str], resource: str) -> str:
    """Where to resume watching `resource`; empty, so that all is listed, if that is unknown or no resourceVersion."""
    text = annotations.get(PREFIX + resource, "")
    return text if number_of(text) else ""


def number_of(version: str) -> int:
    """The number that a resourceVersion is, to be compared with others; 0 if it is none."""
    return int(version) if is_number(version) else 0


def is_number(version: str) -> bool:
    """Whether a resourceVersion is a number, as all of etcd's are."""
    return version.isascii() and version.isdigit() and len(version) <= MAX_DIGITS
