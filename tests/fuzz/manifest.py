"""Target: the file of the file store. Anything may stand in it; what it does not understand must stay."""

from pathlib import Path
from typing import Any

import yaml

from function.errors import StoreError
from function.history import REMOVED, WARM_PREFIX
from function.keys import is_key
from function.stores.file import FileHistory
from function.stores.protocol import Limits
from tests.fuzz.changesets import changes
from tests.fuzz.configmap import check_readable
from tests.fuzz.rules import Alarm, hold

_LIMITS = Limits(2, 10_000_000)
_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, labels: {team: a}}\n"
_TIMES = '{"node-7":"2026-11-24T08:00:00Z","node-1":null}'


def seeds() -> list[bytes]:
    """Manifests as we write them, as people do, and as JSON; with every kind of scalar that YAML has."""
    texts = (
        f"{_HEAD}data:\n  '41': node-7\n  _warm.41: '{_TIMES}'\n",
        f"{_HEAD}immutable: false\ndata:\n  41: node-3 # by hand\n  note: |\n    do not\n    touch\n",
        f"{_HEAD}data: {{a: 1, b: 0x1f, c: 1e3, d: 2026-11-24, e: yes, f: ~, g: !!binary aGk=, h: 1:30, i: .inf}}\n",
        f'{_HEAD}data: {{"42": "node-3", "_warm.42": "{{}}", "\\u0041": "\\x41"}}\n',
        f"{_HEAD}x: &x [1, 2]\ny: *x\ndata: {{}}\n",
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {"41": "node-7"}}\n',
    )
    return [text.encode() for text in texts]


class InFile:
    """The file store over one file, which is written anew each time."""

    def __init__(self, scratch: Path, _alarm: Alarm) -> None:
        self._path = scratch / "history.yaml"

    def __call__(self, data: bytes) -> int:
        """How far `data` came: no manifest of a ConfigMap, or one that was read and written."""
        self._path.write_bytes(data)
        store = FileHistory(self._path, _LIMITS)
        check_readable(store.snapshot())
        try:
            store.write(changes(data, 1)[0])
        except StoreError:
            hold(self._path.read_bytes() == data, "a file that was refused, and changed")
            return 0
        _check_kept(yaml.safe_load(data), yaml.safe_load(self._path.read_bytes()))
        return 1


def _check_kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    hold(_others(before, "data") == _others(after, "data"), "something beside data that was not kept")
    there = before.get("data")
    if isinstance(there, dict):
        notes = [name for name, text in there.items() if isinstance(name, str) and isinstance(text, str)]
        notes = [name for name in notes if name != REMOVED and not is_key(name.removeprefix(WARM_PREFIX))]
        kept = all(after["data"].get(name) == there[name] for name in notes)
        hold(kept, "a text of a person's that was not kept")


def _others(whole: dict[str, Any], name: str) -> str:
    """The rest, as text: a NaN does not equal itself."""
    rest = {other: value for other, value in whole.items() if other != name}
    return str(yaml.safe_dump(rest, sort_keys=True))
