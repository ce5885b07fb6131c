"""Faults between the API server and the informer."""

import time

from bench.faults.cases import Case, Profile, under_load
from bench.faults.world import World

_TIMES = 5


def _cut(world: World, profile: Profile) -> str:
    for _ in range(_TIMES):
        world.watching.cut()
        time.sleep(profile.hold / _TIMES)
    return f"cut {_TIMES} times"


def _half_open(world: World, profile: Profile) -> str:
    world.watching.silent = True
    time.sleep(profile.hold)
    world.watching.silent = False
    return f"silent for {profile.hold:.0f} s"


def _truncate(world: World, profile: Profile) -> str:
    for _ in range(_TIMES):
        world.watching.truncate_event = True
        time.sleep(profile.hold / _TIMES)
    return f"cut in the middle of {_TIMES} events"


def _delay(world: World, profile: Profile) -> str:
    world.watching.delay = 1.0
    time.sleep(profile.hold)
    return "each piece of an answer 1 s late"


CASES = (
    Case("watch connection cut", "all", under_load(_cut)),
    Case("watch half-open (no FIN)", "all", under_load(_half_open)),
    Case("answers truncated in the middle of an event", "all", under_load(_truncate)),
    Case("answers of the API server late", "all", under_load(_delay)),
)
