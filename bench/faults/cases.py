"""What a case of the bench is, and how most of them go: load, a fault in the middle of it, and then a count."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from bench.faults.load import Load
from bench.faults.truth import Binding
from bench.faults.world import JOBS, Parts, World
from tests.support.waiting import wait_until

SETTLE_SECONDS = 90.0
"""How long the history may take to become whole after a fault has ended."""


@dataclass(frozen=True)
class Profile:
    """How hard the bench tries: pods a second, and seconds of load, of which a lasting fault takes `hold`."""

    name: str
    rate: float
    seconds: float
    hold: float
    pods: int
    """How many pods are there already, where many are."""


SHORT = Profile("short", 20, 10, 6, 10_000)
FULL = Profile("full", 20, 60, 60, 10_000)


@dataclass(frozen=True)
class Outcome:
    """What came of a case: bindings that the history holds, of those that must be there; and what else is to say."""

    recorded: int
    happened: int
    settled_after: float = 0.0
    note: str = ""
    kept: bool = True
    """Whether what was promised beside the bindings was kept."""

    @property
    def good(self) -> bool:
        """Whether all that must be there is."""
        return self.kept and self.recorded == self.happened > 0


@dataclass(frozen=True)
class Harm:
    """What a fault has to say of itself, and whether it was done and all that belongs to it was seen."""

    note: str = ""
    kept: bool = True


Inflict = Callable[[World, Profile], Harm]
"""Does the harm, and undoes it, within the time that the profile gives."""
Expect = Callable[[Sequence[Binding]], list[Binding]]
"""Of what happened, what the history must hold."""
Run = Callable[[World, Profile], Outcome]


@dataclass(frozen=True)
class Case:
    """One row: a fault, what must hold then, what it needs, and how it goes."""

    name: str
    must: str
    run: Run
    parts: Parts = field(default_factory=Parts)


def under_load(inflict: Inflict, life: float = 3.0, expect: Expect = list) -> Run:
    """A run with steady load, pods that live for `life` seconds, and a fault once something is recorded."""

    def run(world: World, profile: Profile) -> Outcome:
        started = time.monotonic()
        with Load(world.kube, JOBS, profile.rate, life) as load:
            world.wait_history()
            harm = inflict(world, profile)
            time.sleep(max(0.0, started + profile.seconds - time.monotonic()))
        world.heal()
        return count(world, load, harm, expect)

    return run


def count(
    world: World, load: Load, harm: Harm, expect: Expect = list, others: Collection[str] = frozenset()
) -> Outcome:
    """Waits until every pod is bound and the history whole, but for the keys `others`, and counts."""
    wait_bound(world, len(load.created))
    verdict, seconds = world.settle(lambda: expect(world.bindings()), SETTLE_SECONDS, others)
    wrong = f"WRONG: {', '.join(verdict.wrong[:3])}" if verdict.wrong else ""
    note = "; ".join(filter(None, (harm.note, f"{sent_twice(world)} sent twice", wrong)))
    return Outcome(verdict.recorded, verdict.happened, seconds, note, harm.kept and verdict.whole)


def sent_twice(world: World) -> int:
    """How many events reached `record` once more."""
    ids = world.front.ids()
    return len(ids) - len(set(ids))


def seen(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something that must come of a fault came, soon."""
    try:
        wait_until(condition, "what must come of the fault", seconds)
    except TimeoutError:
        return False
    return True


def wait_bound(world: World, created: int, seconds: float = 30) -> None:
    """Waits until the audit log tells of a binding of each pod, or of no more: some pods are removed before theirs."""
    deadline = time.monotonic() + seconds
    before = -1
    while (bound := len(world.bindings())) < created and time.monotonic() < deadline:
        if bound == before:
            return
        before = bound
        time.sleep(1)
