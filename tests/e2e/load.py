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
class Create:
    """One create: when it began and how long it took, in seconds; its status; whether it got a hint."""

    began: float
    took: float
    status: int
    hinted: bool

    def overlaps(self, other: "Create") -> bool:
        """Whether the two were under way at the same time."""
        return self.began < other.began + other.took and other.began < self.began + self.took


@dataclass(frozen=True)
class Outcome:
    """What became of the creates that the webhook saw, and of as many at the same times that no webhook saw."""

    seen: list[Create]
    unseen: list[Create]

    @property
    def statuses(self) -> dict[int, int]:
        """How many of those seen got which HTTP status."""
        return dict(Counter(create.status for create in self.seen))

    @property
    def unhinted(self) -> int:
        """How many of those seen are without a hint."""
        return sum(not create.hinted for create in self.seen)

    def slower_than(self, seconds: float) -> list[Create]:
        """Those seen that took longer than `seconds` and what creates took just then that no webhook saw.

        What a webhook may add is its time-out; what the API server takes for itself comes on top of that.
        """
        slow = [create for create in self.seen if create.took > seconds]
        return [create for create in slow if create.took > seconds + self._took_without(create)]

    def _took_without(self, create: Create) -> float:
        return max((other.took for other in self.unseen if create.overlaps(other)), default=0.0)

    def tell(self) -> None:
        """Prints it in two lines."""
        share = self.unhinted / len(self.seen)
        say(f"  {len(self.seen)} creates: {self.statuses}; without a hint: {self.unhinted} ({share:.2%})")
        for who, creates in (("that the webhook saw", self.seen), ("that no webhook saw", self.unseen)):
            took = sorted(creates, key=lambda create: create.took)
            middle, slowest = took[len(took) // 2], took[-1]
            say(f"  creates {who}: p50 {middle.took:.3f} s, slowest {slowest.took:.3f} s at {slowest.began:.0f} s")


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
    creates = [(Create(*result), by_webhook) for *result, by_webhook in results]
    return Outcome(
        seen=[create for create, by_webhook in creates if by_webhook],
        unseen=[create for create, by_webhook in creates if not by_webhook],
    )
