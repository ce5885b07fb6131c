"""Faults of the informer itself, and of its clock."""

import time
from pathlib import Path

from bench.faults.cases import Case, Profile, under_load
from bench.faults.world import Parts, World
from tests.informer.processes import ROOT

_KILLS = 10
_SKEW = Path(__file__).with_name("skew")


def _nothing(world: World, profile: Profile) -> str:  # noqa: ARG001 - as every fault
    return ""


def _kill(world: World, profile: Profile) -> str:
    for _ in range(_KILLS):
        world.informers[0].restart()
        time.sleep(max(0.0, profile.hold / _KILLS - 1))
    return f"killed {_KILLS} times"


def _kill_leader(world: World, profile: Profile) -> str:  # noqa: ARG001 - as long as it takes
    leader = world.leader()
    leader.kill()
    started = time.monotonic()
    successor = world.leader()
    took = time.monotonic() - started
    leader.start()
    return f"{successor.name} led after {took:.0f} s"


def _skewed(seconds: int) -> Parts:
    """Parts with an informer whose clock is that far ahead."""
    return Parts(informer={"PYTHONPATH": f"{_SKEW}:{ROOT}", "SKEW_SECONDS": str(seconds)})


CASES = (
    Case("none, to compare", "all", under_load(_nothing)),
    Case("informer killed (SIGKILL) and restarted, 10 times", "all", under_load(_kill)),
    Case("leader killed with a standby", "all", under_load(_kill_leader), Parts(informers=2)),
    Case("clock of the informer 1 h ahead", "all, at the right time", under_load(_nothing), _skewed(3600)),
    Case("clock of the informer 1 h behind", "all, at the right time", under_load(_nothing), _skewed(-3600)),
)
