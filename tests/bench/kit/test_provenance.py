"""What a figure was measured of."""

import subprocess
from pathlib import Path

from bench.kit.provenance import commit, required

GO_MOD = """module bench/peers

go 1.26.0

require (
\tk8s.io/api v0.37.2
\tk8s.io/apimachinery v0.37.2 // indirect
)

require example.com/alone v1.0.0
"""


def test_required_reads_a_go_mod() -> None:
    """Of those that are asked for, in a block or alone."""
    assert required(GO_MOD, ("k8s.io/api", "example.com/alone")) == {
        "k8s.io/api": "v0.37.2",
        "example.com/alone": "v1.0.0",
    }


def test_a_commit_says_where_files_differ_from_it(tmp_path: Path) -> None:
    """So a figure of code that nobody can check out says so."""

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "--message", "one")
    clean = commit(tmp_path)
    (tmp_path / "file").write_text("2")

    assert len(clean) == 12
    assert commit(tmp_path) == f"{clean}-dirty"
