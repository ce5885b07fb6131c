"""Runs one part in a process of its own, and listens to it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.plan import GUIDED, Part
from tests.fuzz.trial import Report

ROOT = Path(__file__).parents[2]
FOUND = ROOT / "build/fuzz"
"""Where inputs that break something are kept."""

_GUIDED_PYTHON = ROOT / ".venv-fuzz/bin/python"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, where there is one: the file store waits for the disk


class PartFailed(Exception):
    """A part's process ended without its last report; the message has the end of what it said."""


def missing() -> str | None:
    """Why the coverage-guided part cannot run; None if it can."""
    if not _GUIDED_PYTHON.exists():
        return "there is no .venv-fuzz: atheris has no wheel for this Python and platform, and could not be built"
    tried = subprocess.run([_GUIDED_PYTHON, "-c", "import atheris"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"atheris cannot be imported: {tried.stderr.strip().splitlines()[-1]}"


def run(part: Part, seed: int, seconds: float, tell: Callable[[Report], None]) -> Report:
    """The last report of a part; `tell` gets each.

    Raises:
        PartFailed: there was none.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        said = Path(folder) / "said"
        with said.open("w") as errors:
            command = _command(part, seed, seconds, folder)
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
            report = _listen(process, tell)
        if not report.done:
            raise PartFailed(f"{part.target}, {part.kind}: ended with {process.returncode}: {said.read_text()[-2000:]}")
    return report


def _command(part: Part, seed: int, seconds: float, folder: str) -> list[str]:
    python = str(_GUIDED_PYTHON) if part.kind == GUIDED else sys.executable
    scratch = Path(folder) / "scratch"
    scratch.mkdir()
    return [
        *(python, "-m", "tests.fuzz.part", part.target, part.kind),
        *("--seed", str(seed), "--inputs", str(part.inputs), "--seconds", str(seconds)),
        *("--found", str(FOUND), "--scratch", str(scratch)),
    ]


def _listen(process: "subprocess.Popen[str]", tell: Callable[[Report], None]) -> Report:
    report = Report()
    with process:
        for line in process.stdout or ():
            if line.startswith("{"):
                report = Report(**json.loads(line))
                tell(report)
    return report
