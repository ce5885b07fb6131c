"""Waiting for a condition that no watch tells."""

import time
from collections.abc import Callable

_PAUSE = 0.02  # seconds between two looks
PATIENCE_SECONDS = 60.0
"""How long anything may take before a test gives it up: a busy machine is no failure."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `condition` holds.

    Raises:
        TimeoutError: it did not in time; `what` says it in words.

    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds} s: {what}")
        time.sleep(_PAUSE)
