"""One part of a run, as a process of its own. Tells how it goes in lines of JSON."""

import argparse
import importlib
import json
import random
import sys
from pathlib import Path

from tests.fuzz.rules import raise_alarm
from tests.fuzz.trial import Report, Trial

OURS = ("function", "informer", "scaler")
"""The packages whose lines guide atheris."""


def main() -> int:
    """Runs one part of one target."""
    options = _options()
    if options.part == "guided":
        _instrument()
    target = importlib.import_module("tests.fuzz.targets").TARGETS[options.target]
    attempt = target.make(options.scratch, raise_alarm())
    trial = Trial(options.target, attempt, options.inputs, options.seconds, options.found, _tell)
    if options.part == "guided":
        importlib.import_module("tests.fuzz.guided").run(target, options.seed, trial, options.scratch / "corpus")
    elif options.part == "structured":
        importlib.import_module("tests.fuzz.structured").run(options.target, target, options.seed, trial)
    else:
        _mutate(options.target, target.seeds(), options.seed, trial)
    trial.end()
    return 0


def _instrument() -> None:
    """Imports what is fuzzed so that atheris sees which lines an input reaches."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(OURS)):
        importlib.import_module("tests.fuzz.targets")


def _mutate(name: str, seeds: list[bytes], number: int, trial: Trial) -> None:
    """The seeds as they are, then as many mutations as the trial takes; each by its own number."""
    mutated = importlib.import_module("tests.fuzz.mutations").mutated
    for data in seeds[: trial.left]:
        trial.take(data)
    place = 0
    while not trial.over:
        choose = random.Random(f"{name}/{number}/{place}")  # noqa: S311 - no secret
        trial.take(mutated(seeds, choose))
        place += 1


def _tell(report: Report) -> None:
    sys.stdout.write(json.dumps(report.as_dict()) + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.part", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("part")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="end after so long, whatever was tried")
    parser.add_argument("--found", type=Path, required=True, help="the folder for inputs that break something")
    parser.add_argument("--scratch", type=Path, required=True, help="an empty folder")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
