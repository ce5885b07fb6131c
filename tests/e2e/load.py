"""Pods created at a steady rate while something happens, and what became of each."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e import inside
from tests.e2e.cluster import Cluster
from tests.e2e.pods import CI, runner_pod
from tests.e2e.steps import say, wait_for


@dataclass(frozen=True)
class Outcome:
    """What became of the creates: HTTP statuses; seconds of the slowest, and of the slowest that no webhook saw."""

    statuses: dict[int, int]
    slowest: float
    slowest_unseen: float
    unhinted: int
    seen: int

    def tell(self) -> None:
        """Prints it in a line."""
        share = self.unhinted / self.seen
        say(f"  {self.seen} creates: {self.statuses}; without a hint: {self.unhinted} ({share:.2%})")
        say(f"  slowest {self.slowest:.3f} s; slowest of those that no webhook saw {self.slowest_unseen:.3f} s")


def during(cluster: Cluster, runner: str, count: int, rate: float, happens: Callable[[], None]) -> Outcome:
    """Creates `count` pods of `runner`, `rate` a second, while `happens()` runs; it must end before they do."""
    pod = runner_pod(runner, bound=False)
    del pod["metadata"]["name"], pod["metadata"]["namespace"]
    args = ("--pod", "/e2e/pod.json", "--namespace", CI, "--unseen", inside.NAMESPACE)
    options = (*args, "--count", str(count), "--rate", str(rate))
    client = inside.start(cluster, "creates", *options, files={"pod.json": json.dumps(pod)})
    wait_for("the first pod", lambda: "load-0-" in cluster.kubectl("get", "pods", "--namespace", CI, "-o", "name"))
    happens()
    assert not client.is_done(), "the creates ended before all had happened: lower the rate"
    results = client.result(600)
    seen = [(took, status, hinted) for _, took, status, hinted, by_webhook in results if by_webhook]
    return Outcome(
        statuses=dict(Counter(status for _, status, _ in seen)),
        slowest=max(took for took, _, _ in seen),
        slowest_unseen=max(took for _, took, _, _, by_webhook in results if not by_webhook),
        unhinted=sum(not hinted for _, _, hinted in seen),
        seen=len(seen),
    )
