"""How fast it is here and now, and how to go on."""

import itertools
import os
import statistics
import time

from demo.reviews import load
from demo.stage import Stage

REVIEWS = 1000
_NAMES = ("runner-cache-hostpath", "runner-affinity-preferred-and-required", "runner-label-none", "runner-volume-none")


def how_fast(stage: Stage) -> None:
    """Step 8."""
    stage.page.step(8, f"{REVIEWS:,} reviews, one after the other")
    bodies = [load(name).body() for name in _NAMES]
    with stage.page.waiting(f"Asking {REVIEWS:,} times …"):
        seconds = [_timed(stage, body) for body in itertools.islice(itertools.cycle(bodies), REVIEWS)]
    kilobytes = statistics.mean(map(len, bodies)) / 1000
    stage.page.facts(
        ("in all", f"{sum(seconds):.2f} s: {REVIEWS / sum(seconds):,.0f} a second over one connection"),
        ("there and back", f"{statistics.median(seconds) * 1000:.2f} ms (median), of {kilobytes:.0f} KB each"),
        ("inside mutate", _inside(stage)),
        ("measured on", f"{os.cpu_count()} cores, shared with this page; bench/ does it properly"),
    )
    _show_reasons(stage)


def _timed(stage: Stage, body: bytes) -> float:
    started = time.perf_counter()
    stage.mutate.ask(body)
    return time.perf_counter() - started


def _inside(stage: Stage) -> str:
    metrics = stage.mutate.metrics()
    name = "hookrunner_review_duration_seconds"
    mean = metrics[f"{name}_sum", ""] / metrics[f"{name}_count", ""]
    return f"{mean * 1e6:.0f} µs (mean): the rest is HTTP"


def _show_reasons(stage: Stage) -> None:
    counted = {
        reason: int(value)
        for (name, reason), value in stage.mutate.metrics().items()
        if name == "hookrunner_reviews_total"
    }
    stage.page.say("What mutate counted in all (hookrunner_reviews_total on /metrics):")
    most_first = sorted(counted.items(), key=lambda pair: -pair[1])
    stage.page.table(("reason", "reviews"), [(reason, f"{count:,}") for reason, count in most_first if count])
