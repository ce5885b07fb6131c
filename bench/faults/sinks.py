"""Faults of the sink."""

import time
from collections.abc import Sequence
from itertools import pairwise

from bench.faults.cases import Case, Harm, Profile, seen, sent_twice, under_load
from bench.faults.world import World
from tests.informer.sink import Answer, Post

_PAUSE_SECONDS = 2
"""What Retry-After asks for."""


def _down(world: World, profile: Profile) -> Harm:
    world.front.down()
    time.sleep(profile.hold)
    tried = world.informers[0].metric('hookrunner_informer_retries_total{status="none"}')
    world.front.up()
    return Harm(f"for {profile.hold:.0f} s; {tried:.0f} posts meanwhile", tried > 0)


def _unavailable(world: World, profile: Profile) -> Harm:
    harm, posts = _instead(world, profile, Answer(503, {"Retry-After": str(_PAUSE_SECONDS)}))
    early = _within_the_pause(posts)
    return Harm(f"{harm.note}, {early} before they should", harm.kept and early == 0)


def _too_many(world: World, profile: Profile) -> Harm:
    harm, _ = _instead(world, profile, Answer(429))
    return harm


def _slow(world: World, profile: Profile) -> Harm:
    world.front.delay = 20.0 if profile.hold > 20 else profile.hold / 2
    delay = world.front.delay
    time.sleep(profile.hold)
    world.front.heal()
    late = sum(post.answer.delay > 0 for post in list(world.front.posts))
    return Harm(f"{late} answers {delay:.0f} s late", late > 0)


def _drop(world: World, profile: Profile) -> Harm:
    world.front.drop_every = 2
    time.sleep(profile.hold)
    world.front.heal()
    dropped = sum(post.answer.drop for post in list(world.front.posts))
    again = seen(lambda: sent_twice(world) >= dropped > 0)
    return Harm(f"each second answer lost, {dropped} in all", again)


def _instead(world: World, profile: Profile, answer: Answer) -> tuple[Harm, Sequence[Post]]:
    before = len(world.front.posts)
    world.front.instead = answer
    time.sleep(profile.hold)
    world.front.heal()
    posts = world.front.posts[before:]
    refused = sum(post.answer.status == answer.status for post in posts)
    return Harm(f"for {profile.hold:.0f} s; {refused} posts meanwhile", refused > 0), posts


def _within_the_pause(posts: Sequence[Post]) -> int:
    """How many events came again before the time that Retry-After gave had passed."""
    times: dict[str, list[float]] = {}
    for post in posts:
        for event in post.events:
            times.setdefault(event["id"], []).append(post.time)
    return sum(later - first < _PAUSE_SECONDS for each in times.values() for first, later in pairwise(each))


CASES = (
    Case("sink down", "all, each once in effect", under_load(_down)),
    Case("503 with Retry-After", "all, each once in effect", under_load(_unavailable)),
    Case("429", "all, each once in effect", under_load(_too_many)),
    Case("slow sink", "all, each once in effect", under_load(_slow)),
    Case("sink accepts and drops the answer", "all, each once in effect", under_load(_drop)),
)
