"""Builds the Go peers and the load generator, once, into the cache outside the repository."""

import hashlib
import os
import subprocess
from functools import partial
from pathlib import Path

from tests.controlplane.cache import cache_folder, make_once
from tests.controlplane.errors import BuildError
from tests.controlplane.toolchain import machines_go, pinned_go

SOURCE = Path(__file__).parents[1] / "peers"
_PROGRAMS = ("bybook", "tuned", "load")


def build(environ: dict[str, str]) -> Path:
    """The folder with the built programs.

    Raises:
        BuildError: with what the compiler said.
    """
    cache = cache_folder(environ)
    target = cache / "bench" / _fingerprint()
    make_once(target, partial(_compile, cache))
    return target


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _compile(cache: Path, target: Path) -> None:
    target.mkdir()
    go = str(machines_go() or pinned_go(cache))
    environ = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    packages = [f"./{name}" for name in _PROGRAMS]
    done = subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-o", f"{target}/", *packages],
        cwd=SOURCE,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"The Go peers of the benches could not be built in {SOURCE}:\n{done.stderr[-2000:]}")
