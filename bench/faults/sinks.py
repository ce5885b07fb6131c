"""Faults of the sink."""

import time

from bench.faults.cases import Case, Profile, under_load
from bench.faults.world import World
from tests.informer.sink import Answer


def _down(world: World, profile: Profile) -> str:
    world.front.down()
    time.sleep(profile.hold)
    world.front.up()
    return f"for {profile.hold:.0f} s"


def _unavailable(world: World, profile: Profile) -> str:
    return _instead(world, profile, Answer(503, {"Retry-After": "2"}))


def _too_many(world: World, profile: Profile) -> str:
    return _instead(world, profile, Answer(429))


def _slow(world: World, profile: Profile) -> str:
    world.front.delay = 20.0 if profile.hold > 20 else profile.hold / 2
    time.sleep(profile.hold)
    note = f"each answer {world.front.delay:.0f} s late"
    world.front.heal()
    return note


def _drop(world: World, profile: Profile) -> str:
    world.front.drop_every = 2
    time.sleep(profile.hold)
    world.front.heal()
    return "each second answer lost"


def _instead(world: World, profile: Profile, answer: Answer) -> str:
    before = len(world.front.posts)
    world.front.instead = answer
    time.sleep(profile.hold)
    world.front.heal()
    return f"for {profile.hold:.0f} s; {len(world.front.posts) - before} posts meanwhile"


CASES = (
    Case("sink down", "all, each once in effect", under_load(_down)),
    Case("503 with Retry-After", "all, each once in effect", under_load(_unavailable)),
    Case("429", "all, each once in effect", under_load(_too_many)),
    Case("slow sink", "all, each once in effect", under_load(_slow)),
    Case("sink accepts and drops the answer", "all, each once in effect", under_load(_drop)),
)
