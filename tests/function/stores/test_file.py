"""The history in a file: a manifest that people can read, seen at once, never half written, never lost."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from function.errors import StoreError, StoreRefused, StoreUnavailable
from function.history import Change
from function.stores.file import FileHistory
from function.stores.protocol import Limits
from tests.support.functions import ROOT

EIGHT = 1_795_507_200
LIMITS = Limits(8, 1_000_000)
BOUND = Change({"17": {"node-3": EIGHT}})

MANIFEST = """\
apiVersion: v1
data:
  '17': node-3
  _warm.17: '{"node-3":"2026-11-24T08:00:00Z"}'
kind: ConfigMap
metadata:
  name: hookrunner-history
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "history.yaml"


def test_manifest(path: Path) -> None:
    """What is written is a ConfigMap's manifest, readable line by line, and nothing lies beside it but the lock."""
    FileHistory(path, LIMITS).write(BOUND)
    assert path.read_text() == MANIFEST
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".history.yaml.lock", "history.yaml"]


BY_HAND = """\
# by hand, as an older tool wrote it
apiVersion: v1
kind: ConfigMap
metadata: {name: mine, namespace: ci, labels: {team: a}}
immutable: false
data:
  17: node-3
  "18": Not A Node
  note: do not touch
"""


def test_edited_by_a_person(path: Path) -> None:
    """A key without quotes is read; what a person wrote is kept, metadata included."""
    path.write_text(BY_HAND)
    history = FileHistory(path, LIMITS)
    assert history.snapshot().data == {"17": "node-3", "18": "Not A Node", "note": "do not touch"}
    history.write(Change({"17": {"node-7": EIGHT}}))
    assert yaml.safe_load(path.read_text()) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "mine", "namespace": "ci", "labels": {"team": "a"}},
        "immutable": False,
        "data": {
            "17": "node-7",
            "_warm.17": '{"node-7":"2026-11-24T08:00:00Z","node-3":null}',
            "18": "Not A Node",
            "note": "do not touch",
        },
    }


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("kind: ConfigMap\n", {}, id="no data"),
        pytest.param("kind: ConfigMap\ndata:\n", {}, id="data is null"),
        pytest.param("kind: ConfigMap\ndata: [1]\n", {}, id="data is a list"),
        pytest.param("kind: ConfigMap\ndata: {a: 1, b: true}\n", {"a": "1", "b": "True"}, id="texts that are none"),
        pytest.param('kind: ConfigMap\ndata: {a: "\\uD800", b: c}\n', {"b": "c"}, id="half a surrogate pair"),
        pytest.param("kind: ConfigMap\ndata: {a: [1], b: c, d: {}}\n", {"b": "c"}, id="no scalars"),
    ],
)
def test_odd_data(path: Path, text: str, data: dict[str, str]) -> None:
    """Whatever a manifest's data is, it is read as texts, and can be written to."""
    path.write_text(text)
    history = FileHistory(path, LIMITS)
    assert history.snapshot().data == data
    history.write(BOUND)
    assert history.snapshot().data == data | {"17": "node-3", "_warm.17": '{"node-3":"2026-11-24T08:00:00Z"}'}


def test_what_has_no_text_is_kept(path: Path) -> None:
    """A person's list or object, which no ConfigMap can hold, is of no use to us, and not ours to take away."""
    path.write_text("kind: ConfigMap\ndata: {a: [1, {b: 2}], 17: node-9}\n")
    FileHistory(path, LIMITS).write(BOUND)
    assert yaml.safe_load(path.read_text())["data"] == {
        "17": "node-3",
        "_warm.17": '{"node-3":"2026-11-24T08:00:00Z","node-9":null}',
        "a": [1, {"b": 2}],
    }


def test_seen_at_once(path: Path) -> None:
    """A reader sees each write of another; an entry that did not change stays the same object."""
    reader, writer = FileHistory(path, LIMITS), FileHistory(path, LIMITS)
    assert reader.snapshot().data == {}
    writer.write(BOUND)
    first = reader.snapshot().entry("17")
    writer.write(Change({"18": {"node-4": EIGHT}}))
    assert first.warm == (("node-3", EIGHT),)
    assert reader.snapshot().entry("17") is first
    assert reader.snapshot().entry("18").warm == (("node-4", EIGHT),)
    assert reader.snapshot() is reader.snapshot()


def test_nothing_to_write(path: Path) -> None:
    """What is there already leaves the file untouched."""
    history = FileHistory(path, LIMITS)
    history.write(BOUND)
    before = path.stat()
    history.write(BOUND)
    assert path.stat() == before


NOT_YAML = "the history file {} is not YAML: mend it, or move it away"
NO_MANIFEST = "the history file {} is no ConfigMap manifest: mend it, or move it away"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a: [", NOT_YAML, id="no YAML"),
        pytest.param(b"\xff\xfe", NOT_YAML, id="no text"),
        pytest.param(b"kind: 2026-13-45", NOT_YAML, id="a date that is none"),
        pytest.param(b"kind: " + b"1" * 5000, NOT_YAML, id="a number without end"),
        pytest.param(b"[" * 1000, NOT_YAML, id="nested too deep"),
        pytest.param(b'kind: !!int ""', NOT_YAML, id="a number without a digit"),
        pytest.param(b"kind: !!bool x", NOT_YAML, id="a truth value that is none"),
        pytest.param(b"kind: !!timestamp x", NOT_YAML, id="a time that is none"),
        pytest.param(b"!!python/object/apply:os.getpid []", NOT_YAML, id="a tag that would run something"),
        pytest.param(b"", NO_MANIFEST, id="empty"),
        pytest.param(b"- 1\n", NO_MANIFEST, id="a list"),
        pytest.param(b"kind: Secret\ndata: {}\n", NO_MANIFEST, id="another kind"),
    ],
)
def test_unreadable(path: Path, caplog: pytest.LogCaptureFixture, content: bytes, message: str) -> None:
    """A file that is none of ours is left as it is: nothing is written, and what was read last stays in use."""
    history = FileHistory(path, LIMITS)
    history.write(BOUND)
    before = history.snapshot()
    path.write_bytes(content)
    with pytest.raises(StoreRefused) as caught:
        history.write(BOUND)
    assert (str(caught.value), path.read_bytes()) == (message.format(path), content)
    assert [history.snapshot() is before for _ in range(2)] == [True, True]
    assert [record.getMessage() for record in caplog.records] == [
        f"the history stays as it was: {message.format(path)}"
    ]


def test_what_cannot_be_written_again(path: Path) -> None:
    """Python reads a hexadecimal number of any length, and writes none so long in decimal: the file stays."""
    content = f"kind: ConfigMap\nx: 0x{'f' * 5000}\ndata: {{a: 0x{'f' * 5000}, b: c}}\n"
    path.write_text(content)
    history = FileHistory(path, LIMITS)
    assert history.snapshot().data == {"b": "c"}
    with pytest.raises(StoreRefused) as caught:
        history.write(BOUND)
    assert str(caught.value) == f"the history file {path} holds what cannot be written: mend it, or move it away"
    assert path.read_text() == content


def test_removed(path: Path) -> None:
    """A file that was taken away is an empty history, and can be written again."""
    history = FileHistory(path, LIMITS)
    history.write(BOUND)
    assert history.snapshot().data
    path.unlink()
    assert history.snapshot().data == {}
    history.write(BOUND)
    assert path.read_text() == MANIFEST


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        pytest.param(
            "missing/history.yaml",
            StoreUnavailable,
            "the history file {} cannot be written: No such file or directory",
            id="no such folder",
        ),
        pytest.param(
            "folder", StoreUnavailable, "the history file {} cannot be read: Is a directory", id="it is a folder"
        ),
    ],
)
def test_unavailable(tmp_path: Path, name: str, error: type[StoreError], message: str) -> None:
    """What the system refuses is told in its words; reading gives what there was."""
    (tmp_path / "folder").mkdir()
    history = FileHistory(tmp_path / name, LIMITS)
    with pytest.raises(error) as caught:
        history.write(BOUND)
    assert str(caught.value) == message.format(tmp_path / name)
    assert history.snapshot().data == {}


def test_a_write_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full, the file is as it was, and no half of a new one lies beside it."""
    history = FileHistory(path, LIMITS)
    history.write(BOUND)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreUnavailable, match="cannot be written: No space left on device"):
        history.write(Change({"18": {"node-4": EIGHT}}))
    assert path.read_text() == MANIFEST
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".history.yaml.lock", "history.yaml"]


WRITER = """
import sys
from pathlib import Path
from function.history import Change
from function.stores.file import FileHistory
from function.stores.protocol import Limits

history = FileHistory(Path(sys.argv[1]), Limits(8, 1_000_000))
print("ready", flush=True)
sys.stdin.read(1)
for number in range(15):
    history.write(Change({f"{sys.argv[2]}-{number}": {"node-3": 1_795_507_200}, "17": {"node-3": number}}))
"""


def test_two_processes_at_once(path: Path) -> None:
    """Two processes that write at once lose nothing of each other's."""
    pipe = subprocess.PIPE
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], cwd=ROOT, stdin=pipe, stdout=pipe)
        for name in ("a", "b")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"x")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    data = yaml.safe_load(path.read_text())["data"]
    assert {key for key in data if not key.startswith("_")} == {
        "17",
        *(f"{name}-{number}" for name in ("a", "b") for number in range(15)),
    }


def test_it_needs_nothing_beside_it(path: Path) -> None:
    """A file is ready at once, and has nothing to start or to stop."""
    history = FileHistory(path, LIMITS)
    history.start()
    assert history.ready() is None
    history.stop()
    assert list(path.parent.iterdir()) == []
