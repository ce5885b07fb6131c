"""Faults between the API server and the informer, and between the informer and `record`."""

import time

from bench.faults.cases import Case, Harm, Profile, seen, sent_twice, under_load
from bench.faults.world import Parts, World

_TIMES = 5


def _cut(world: World, profile: Profile) -> Harm:
    cut = 0
    for _ in range(_TIMES):
        cut += world.watching.cut() > 0
        time.sleep(profile.hold / _TIMES)
    return Harm(f"cut {cut} times", cut == _TIMES)


def _half_open(world: World, profile: Profile) -> Harm:
    world.watching.silent = True
    time.sleep(profile.hold)
    world.watching.silent = False
    return Harm(f"silent for {profile.hold:.0f} s")


def _truncate(world: World, profile: Profile) -> Harm:
    for _ in range(_TIMES):
        world.watching.truncate_event = True
        seen(lambda: not world.watching.truncate_event)
        time.sleep(profile.hold / _TIMES / 2)
    truncated = world.watching.truncated
    return Harm(f"cut in the middle of {truncated} events", truncated == _TIMES)


def _delay(world: World, profile: Profile) -> Harm:
    world.watching.delay = 1.0
    time.sleep(profile.hold)
    return Harm("each piece of an answer 1 s late")


def _lose_answers(world: World, profile: Profile) -> Harm:
    """Posts reach `record`, their answers get lost, and then the connections end."""
    for _ in range(_TIMES):
        world.posting.drop_answers_to = b"POST"
        time.sleep(profile.hold / _TIMES / 2)
        world.posting.cut()
        world.posting.heal()
        time.sleep(profile.hold / _TIMES / 2)
    return Harm(f"{_TIMES} times, answers lost first", seen(lambda: sent_twice(world) >= _TIMES))


CASES = (
    Case("watch connection cut", "all", under_load(_cut)),
    Case("watch half-open (no FIN)", "all", under_load(_half_open)),
    Case("answers truncated in the middle of an event", "all", under_load(_truncate)),
    Case("answers of the API server late", "all", under_load(_delay)),
    Case("connection to record cut", "all, each once in effect", under_load(_lose_answers), Parts(proxied=True)),
)
