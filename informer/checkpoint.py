"""How far was delivered, as annotations of the Lease. Pure."""

from collections.abc import Mapping

from informer.positions import Progress

PREFIX = "hookrunner.dev/delivered-"


def notes_of(progress: Mapping[str, Progress]) -> dict[str, str]:
    """The annotations for what is delivered of each resource; none for one that was not listed yet."""
    return {PREFIX + name: each.position for name, each in progress.items() if each.position}


def position_of(annotations: Mapping[str, str], resource: str) -> str:
    """Where to resume watching `resource`; empty, so that all is listed, if that is unknown or no resourceVersion."""
    text = annotations.get(PREFIX + resource, "")
    return text if text.isascii() and text.isdigit() and int(text) > 0 else ""
