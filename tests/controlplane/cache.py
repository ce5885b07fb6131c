"""The cache outside the repository: what is made once, whole or not at all, and used by every run after."""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of this project in the user's cache (XDG base directories)."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hookrunner"


def make_once(target: Path, make: Callable[[Path], None]) -> None:
    """Let `make` fill a path beside `target`, then rename that to `target`; do nothing if it is there.

    Two runs at once make it once: the second waits for the first.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(f"{target.name}.lock")):
        if target.exists():
            return
        partial = target.with_name(f"{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)  # a folder that an interrupted run left
        make(partial)
        partial.rename(target)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
