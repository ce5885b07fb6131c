"""How long from a binding to its line in the ConfigMap, which mutate watches, at 50 bindings a second?"""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.loop import NAMESPACE, PODS, Loop, looped, pod_of, seconds_until
from bench.kit.ratios import Spread, around
from bench.kit.report import Report

RATE = 50
_BLOCK = 500
"""Bindings of a row of the table: the ConfigMap grows meanwhile."""
_CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


def run(lab: Lab, *, long: bool) -> Report:
    """Pods of a key each, 50 a second; one observer sees the pod with its node, and the ConfigMap with its key."""
    count = 3000 if long else 500
    with looped(lab) as loop, loop.record() as record, loop.informer(record.url):
        loop.plane.kube.create(PODS, pod_of("1"))
        seconds_until(lambda: record.recorded() == 1)
        delays = _observe(loop, [f"{1000 + number}" for number in range(count)])
    return _report(delays)


def _observe(loop: Loop, keys: list[str]) -> list[float]:
    """Milliseconds of each key, in turn."""
    bound: dict[str, float] = {}
    written: dict[str, float] = {}
    seconds = len(keys) / RATE + 30
    watches = [
        threading.Thread(target=_note, args=(_bound(loop, seconds), bound, len(keys)), daemon=True),
        threading.Thread(target=_note, args=(_written(loop, seconds), written, len(keys)), daemon=True),
    ]
    for watch in watches:
        watch.start()
    began = time.monotonic()
    for number, key in enumerate(keys):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        loop.plane.kube.create(PODS, pod_of(key))
    for watch in watches:
        watch.join(seconds)
    return [(written[key] - bound[key]) * 1000 for key in keys]


def _note(keys: Iterator[str], seen: dict[str, float], count: int) -> None:
    for key in keys:
        seen.setdefault(key, time.monotonic())
        if len(seen) > count:  # one more: the key that warmed up
            return


def _bound(loop: Loop, seconds: float) -> Iterator[str]:
    for event in loop.plane.kube.watch(PODS, seconds):
        if event.object["spec"].get("nodeName"):
            yield event.object["metadata"]["labels"]["gitlab.com/runner-id"]


def _written(loop: Loop, seconds: float) -> Iterator[str]:
    for event in loop.plane.kube.watch(_CONFIGMAPS, seconds):
        yield from (name for name in event.object.get("data", {}) if name.isdigit())


def _report(delays: Sequence[float]) -> Report:
    points = (50, 90, 99)
    blocks = {f"{start + _BLOCK:,} keys": delays[start : start + _BLOCK] for start in range(0, len(delays), _BLOCK)}
    ranked = {name: [_ranked(block, percent) for percent in points] for name, block in blocks.items()}
    return Report(
        question=str(__doc__),
        columns=["ms, up to", *(f"p{percent}" for percent in points), "most"],
        rows=[
            [name, _middle(block).text(".0f"), *(f"{value:.0f}" for value in [*ranked[name][1:], max(block)])]
            for name, block in blocks.items()
        ],
        chart=Chart("Binding to visible", "ms", [f"p{percent}" for percent in points], ranked),
        figures={"delays_ms": list(delays), "median_ms": statistics.median(delays)},
        notes=[f"each row is {_BLOCK} bindings, of a new key each; the spread of p50 is that of its fifths"],
        measured={"bindings": len(delays), "rate": RATE},
    )


def _middle(block: Sequence[float]) -> Spread:
    fifth = len(block) // 5
    parts = [block[start : start + fifth] for start in range(0, len(block), fifth)]
    return around(statistics.median(block), [statistics.median(part) for part in parts])


def _ranked(block: Sequence[float], percent: int) -> float:
    return sorted(block)[int(len(block) * percent / 100)]
