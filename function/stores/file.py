"""The history in a file: a ConfigMap manifest as YAML. For one machine, without a cluster.

A reader looks at the file's times on each call, so a write is seen at once. Writers take turns by a lock file, and
replace the file whole: a reader never sees half of it.
"""

import contextlib
import fcntl
import logging
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from function.errors import StoreRefused, StoreUnavailable
from function.history import Change, Data, merge
from function.snapshot import Snapshot
from function.stores.protocol import Limits

log = logging.getLogger(__name__)

_EMPTY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hookrunner-history"}, "data": {}}
_Stamp = tuple[int, int, int]


class FileHistory:
    """A HistoryStore in the file at `path`, which need not be there yet."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._snapshot = Snapshot({})
        self._seen: _Stamp | None = None

    def start(self) -> None:
        """Does nothing: `snapshot` looks at the file itself."""

    def stop(self) -> None:
        """Does nothing: nothing was started."""

    def ready(self) -> str | None:
        """None: a file that is not there is an empty history."""
        return None

    def snapshot(self) -> Snapshot:
        """The history as the file holds it now; the last one that could be read while it holds something else."""
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._snapshot = Snapshot(_data(_read(self._path)), self._snapshot)
            except (StoreRefused, StoreUnavailable) as error:
                log.warning("the history stays as it was: %s", error)
        return self._snapshot

    def write(self, change: Change) -> None:
        """Adds `change`.

        Raises:
            StoreRefused: the file is no ConfigMap manifest, or what is not ours in it leaves no room.
            StoreUnavailable: it cannot be read or written.
        """
        with self._locked():
            manifest = _read(self._path)
            data = _data(manifest)
            updates = merge(data, change, self._limits.max_nodes, self._limits.max_bytes)
            if updates:
                whole = {name: text for name, text in {**data, **updates}.items() if text is not None}
                _replace(self._path, {**manifest, "data": {**_others(manifest), **whole}})

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._path.with_name(f".{self._path.name}.lock")
        try:
            with lock.open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise StoreUnavailable(f"the history file {self._path} cannot be written: {error.strerror}") from error


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        return _EMPTY
    except OSError as error:
        raise StoreUnavailable(f"the history file {path} cannot be read: {error.strerror}") from error
    except Exception:  # noqa: BLE001 - PyYAML has an error of its own kind for many a scalar: `!!int ""`, `!!bool x`
        raise StoreRefused(f"the history file {path} is not YAML: mend it, or move it away") from None
    if not isinstance(manifest, dict) or manifest.get("kind") != "ConfigMap":
        raise StoreRefused(f"the history file {path} is no ConfigMap manifest: mend it, or move it away")
    return manifest


def _data(manifest: dict[str, Any]) -> Data:
    """What a ConfigMap could hold of the manifest's data: texts, and other scalars as texts."""
    texts = ((_text(name), _text(value)) for name, value in _members(manifest).items())
    return {name: text for name, text in texts if name is not None and text is not None}


def _others(manifest: dict[str, Any]) -> dict[Any, Any]:
    """The rest of the manifest's data: of no use to us, and not ours to take away."""
    return {name: value for name, value in _members(manifest).items() if _text(name) is None or _text(value) is None}


def _members(manifest: dict[str, Any]) -> dict[Any, Any]:
    data = manifest.get("data")
    return data if isinstance(data, dict) else {}


def _text(value: object) -> str | None:
    """A scalar as text; None for what has none: a list (with aliases it may be endless), a number without end."""
    if isinstance(value, Collection) and not isinstance(value, str):
        return None
    try:
        text = str(value)
        text.encode()  # half of a surrogate pair, which YAML can escape, is in no ConfigMap
    except ValueError:
        return None
    return text


def _written(path: Path, manifest: dict[str, Any]) -> str:
    try:
        return yaml.safe_dump(manifest, sort_keys=True, width=4096)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise StoreRefused(f"the history file {path} holds what cannot be written: mend it, or move it away") from None


def _replace(path: Path, manifest: dict[str, Any]) -> None:
    text = _written(path, manifest)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink()
            raise
