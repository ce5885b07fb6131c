"""The part that atheris makes: inputs that reach new lines of our code, found by libFuzzer. Runs in .venv-fuzz."""

import os
import sys
from pathlib import Path

import atheris

from tests.fuzz.targets import Target
from tests.fuzz.trial import Trial

LONGEST = 65_536
"""Bytes of an input; the longest real review has 40 KB."""


def run(target: Target, number: int, trial: Trial, corpus: Path) -> None:
    """Inputs until the trial is over; then the process ends here, as libFuzzer gives nothing back."""
    corpus.mkdir()
    for place, data in enumerate(target.seeds()):
        (corpus / f"{place:02}").write_bytes(data)

    def attempt(data: bytes) -> None:
        trial.take(data)
        if trial.over:
            trial.end()
            sys.stdout.flush()
            os._exit(0)

    atheris.Setup(["fuzz", f"-seed={number}", f"-max_len={LONGEST}", "-close_fd_mask=0", str(corpus)], attempt)
    atheris.Fuzz()
