"""Builds what the control plane is made of, once: `python -m tests.controlplane.build`."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.controlplane.cache import cache_folder, make_once
from tests.controlplane.errors import BuildError
from tests.controlplane.programs import BUILD_FLAGS, MODULES, PROGRAMS, Program, Programs, linker_flags
from tests.controlplane.progress import Progress
from tests.controlplane.toolchain import machines_go, pinned_go

_TAIL = 20  # lines of the compiler's output that an error shows


def build(programs: Programs, cache: Path, progress: Progress, search_path: str | None = None) -> None:
    """Build every program that is missing, by the Go in `search_path` (default: PATH) or in `cache`.

    Raises:
        BuildError: with the last lines of the compiler's output.

    """
    missing = programs.missing()
    if not missing:
        progress.say(f"Control plane: {', '.join(program.name for program in PROGRAMS)} are built already.")
        return
    go = machines_go(search_path) or _install_go(cache, progress)
    for program in missing:
        with progress.step(program.name, program.seconds):
            make_once(programs.target(program), partial(_compile, go, program))


def _install_go(cache: Path, progress: Progress) -> Path:
    with progress.step("the Go toolchain", 20):
        return pinned_go(cache)


def _compile(go: Path, program: Program, target: Path) -> None:
    flags = [*BUILD_FLAGS, "-ldflags", linker_flags(program.module_set), "-o", str(target)]
    started = time.monotonic()
    code, tail = _run([str(go), "build", *flags, program.package], MODULES / program.module_set)
    if code:
        raise BuildError(
            f"`go build {program.package}` failed after {time.monotonic() - started:.0f} s "
            f"in {MODULES / program.module_set}:\n{tail}\n"
            "It needs some 6 GB of disk for the caches, 3 GB of memory, and the Go module proxy. "
            "Mend what the lines above say, and run `make test` again: what was built stays built."
        )


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    # No other toolchain is fetched, no workspace around us joins in, and this Go finds its own root.
    environ = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    environ.pop("GOROOT", None)
    lines: deque[str] = deque(maxlen=_TAIL)
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines.extend(process.stdout)
    return process.returncode, "".join(lines)


def main() -> int:
    """Build, and say how it goes; the exit code is 1 if something failed, 130 after Ctrl-C."""
    cache = cache_folder(os.environ)
    try:
        build(Programs.of(cache, os.environ), cache, Progress(Console(stderr=True)))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was built stays built; the next run goes on from there.", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
