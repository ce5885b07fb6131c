"""What the replay's tests share."""

from pathlib import Path

import pytest

from tests.informer.replay.recorded import event, write


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A hundred events of ten keys, a second apart."""
    path = tmp_path / "events.jsonl"
    write(path, map(event, range(100)))
    return path
