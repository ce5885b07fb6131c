"""Tries one kept input again, in this process: what it breaks, and how far it comes otherwise."""

import tempfile
from pathlib import Path

from tests.fuzz.rules import Broken, raise_alarm, stray
from tests.fuzz.targets import TARGETS


def replay(file: Path) -> str | None:
    """What the input in `file` breaks, None if nothing; its name begins with its target's.

    Raises:
        ValueError: no target has this name.
    """
    name = file.name.partition("-")[0]
    if name not in TARGETS:
        raise ValueError(f"{file}: its name must begin with a target's, one of {', '.join(TARGETS)}, and a dash")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        attempt = TARGETS[name].make(Path(scratch), raise_alarm())
        try:
            attempt(file.read_bytes())
        except Broken as broken:
            return f"{broken.kind}: {broken}"
        except Exception as error:  # noqa: BLE001 - whatever is none of ours is what is looked for
            return f"exception: {stray(error)}: {error}"
    return None
