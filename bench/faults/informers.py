"""Faults of the informer itself, and of its clock."""

import time
from pathlib import Path

from bench.faults.cases import Case, Harm, Profile, seen, under_load
from bench.faults.truth import SLACK
from bench.faults.world import Parts, World
from function.history import read_removed, seconds_of
from informer.replay.selection import instant
from tests.informer.processes import ROOT

_KILLS = 10
_TAKEOVER_SECONDS = 20
"""How long a standby may take for a leader that crashed."""
_SKEW = Path(__file__).with_name("skew")


def _nothing(world: World, profile: Profile) -> Harm:  # noqa: ARG001 - as every fault
    return Harm()


def _kill(world: World, profile: Profile) -> Harm:
    for _ in range(_KILLS):
        world.informers[0].restart()
        time.sleep(max(0.0, profile.hold / _KILLS - 1))
    return Harm(f"killed {_KILLS} times")


def _kill_leader(world: World, profile: Profile) -> Harm:  # noqa: ARG001 - as long as it takes
    leader = world.leader()
    leader.kill()
    started = time.monotonic()
    successor = world.leader()
    took = time.monotonic() - started
    leader.start()
    return Harm(f"{successor.name} led after {took:.0f} s", took <= _TAKEOVER_SECONDS)


def _remove_node(world: World, profile: Profile) -> Harm:  # noqa: ARG001 - in a moment
    """A node goes, and no object says when: here the informer's own clock would show."""
    node = world.nodes[-1]
    path = f"/api/v1/nodes/{node}"
    first = seconds_of(instant(world.kube.get(path)["metadata"]["creationTimestamp"]))
    world.kube.delete(path)
    last = int(time.time()) + SLACK
    told = seen(lambda: node in _removed(world))
    off = "" if told and first <= _removed(world)[node] <= last else f", NOT at its time: {_removed(world)}"
    return Harm(f"a node's removal too{off}", not off)


def _removed(world: World) -> dict[str, int]:
    return read_removed(world.history())[0]


def _skewed(seconds: int) -> Parts:
    """Parts with an informer whose clock is that far ahead."""
    return Parts(informer={"PYTHONPATH": f"{_SKEW}:{ROOT}", "SKEW_SECONDS": str(seconds)})


CASES = (
    Case("none, to compare", "all", under_load(_nothing)),
    Case("informer killed (SIGKILL) and restarted, 10 times", "all", under_load(_kill)),
    Case("leader killed with a standby", "all", under_load(_kill_leader), Parts(informers=2)),
    Case("clock of the informer 1 h ahead", "all, at the right time", under_load(_remove_node), _skewed(3600)),
    Case("clock of the informer 1 h behind", "all, at the right time", under_load(_remove_node), _skewed(-3600)),
)
