"""A line on the terminal for each step, so that a person sees where a long run is."""

import time
from collections.abc import Callable

_STARTED = time.monotonic()


def say(text: str) -> None:
    """Prints one line, with the seconds since the start."""
    print(f"{time.monotonic() - _STARTED:6.0f} s  {text}", flush=True)


def wait_for(what: str, holds: Callable[[], object], seconds: float = 120) -> None:
    """Asks until `holds()` is true.

    Raises:
        TimeoutError: it was not within `seconds`.
    """
    say(f"  wait: {what}")
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.5)
