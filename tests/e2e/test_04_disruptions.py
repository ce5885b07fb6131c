"""Row 4: 2,000 creates while everything that can happen to mutate and its gateway happens."""

import pytest

from tests.e2e import counts, disruption, load
from tests.e2e.cluster import Cluster
from tests.e2e.pods import remember, runner_pod, terms
from tests.e2e.steps import say, wait_for

pytestmark = pytest.mark.e2e

COUNT, RATE = 2000, 7.0
MAY_LACK_HINTS = 0.05
"""The share of creates that may be without a hint: of a gateway that failed at once, all would be."""

NEXT_BOUND = 2.5
"""The bound of the API server's histogram next to the webhook's time-out, in seconds."""


def test_no_create_is_refused_or_slow(installed: Cluster, runner: str) -> None:
    """Rolled, scaled 2 -> 1 -> 3, one replica killed, the gateway restarted: every create is taken, and in time."""
    remember(installed, runner, "node-a")
    wait_for("a hint", lambda: terms(installed.dry_run(runner_pod(runner, bound=False))))

    def happens() -> None:
        disruption.roll(installed)
        disruption.scale(installed, 1)
        disruption.scale(installed, 3)
        disruption.kill(installed)
        disruption.restart_gateway(installed)

    longer = counts.calls_longer_than(installed, NEXT_BOUND)
    try:
        outcome = load.during(installed, runner, COUNT, RATE, happens)
    finally:
        installed.make("deploy")
    longer = counts.calls_longer_than(installed, NEXT_BOUND) - longer
    outcome.tell()
    say(f"  calls of the webhook that the API server counts as longer than {NEXT_BOUND} s: {longer:.0f}")
    assert (outcome.statuses, longer) == ({201: COUNT}, 0)
    assert outcome.unhinted <= MAY_LACK_HINTS * COUNT
    assert outcome.slower_than(disruption.webhook(installed)["timeoutSeconds"]) == []
