"""How long from the first event to its 204 when `record` stands at zero on Knative, and where does the time go?"""

import os
import shlex
from collections.abc import Sequence
from functools import partial

from bench.kit.charts import Chart
from bench.kit.fromzero import STEPS, one_round
from bench.kit.kept import kept_history
from bench.kit.lab import Lab
from bench.kit.ratios import spread
from bench.kit.report import Report
from tests.e2e.cluster import Cluster
from tests.e2e.settings import settings_from

Found = Sequence[dict[str, float]]


def run(lab: Lab, *, long: bool) -> Report:
    """Waits until no replica is left, posts one event, and watches its pod come; again and again."""
    cluster = Cluster(settings_from(os.environ))
    inside = (*shlex.split(os.environ["LAB"]), "exec")
    again = partial(one_round, cluster, inside, lab.folder / "event.json")
    with kept_history(cluster):
        found = [again(number) for number in range(6 if long else 2)]
    return _report(found)


def _report(found: Found) -> Report:
    ends = {step: [one[step] for one in found] for step in STEPS}
    took = {step: _took(found, number) for number, step in enumerate(STEPS)}
    return Report(
        question=str(__doc__),
        columns=["until", "ms since the post", "of it", "least", "most"],
        rows=[[step, spread(ends[step]).text(".0f"), *(f"{value:.0f}" for value in _of(took[step]))] for step in STEPS],
        chart=Chart(
            "From zero",
            "ms",
            [step.partition(":")[0] for step in STEPS],
            {"step": [_of(one)[0] for one in took.values()]},
        ),
        figures={"rounds": list(found)},
        notes=["pods as the API server tells of them: the kubelet reports a state some moments after it is so"],
        measured={"rounds": len(found)},
    )


def _of(values: Sequence[float]) -> tuple[float, float, float]:
    return spread(values).value, min(values), max(values)


def _took(found: Found, number: int) -> list[float]:
    """Of each round the ms of a step: from the end of the one before, or from the post."""
    return [one[STEPS[number]] - (one[STEPS[number - 1]] if number else 0.0) for one in found]
