"""The part that Hypothesis makes: structured inputs, steered to what comes far, made small where they break."""

import hypothesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.documents import documents
from tests.fuzz.rules import Broken
from tests.fuzz.targets import Target
from tests.fuzz.trial import Trial

ROUND = 1000
"""Examples in one round: Hypothesis remembers all of a round, to give none twice."""


def run(name: str, target: Target, number: int, trial: Trial) -> None:
    """Rounds of examples, each with a seed of its own, until the trial is over."""
    strategy = documents(target.seeds())
    examples = 0
    while not trial.over:
        examples += 1
        _round(f"{name}/{number}/{examples}", strategy, trial)


def _round(name: str, strategy: hypothesis.strategies.SearchStrategy[bytes], trial: Trial) -> None:
    last: list[tuple[bytes, Broken]] = []

    @settings(
        max_examples=min(ROUND, trial.left),
        deadline=None,
        database=None,  # what breaks is kept as a file; with one, two thirds of the time go into its Pareto front
        phases=(Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @seed(name)
    @given(strategy)
    def attempt(data: bytes) -> None:
        try:
            hypothesis.target(float(trial.take_or_raise(data)))
        except Broken as broken:
            last[:] = [(data, broken)]
            raise

    try:
        attempt()
    except Broken:
        trial.keep(*last[0])  # the last one that failed is the smallest
