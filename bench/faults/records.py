"""Faults of `record`, and of the ConfigMap that it writes."""

import time
from dataclasses import replace

from bench.faults.cases import Case, Harm, Outcome, Profile, count, seen, under_load
from bench.faults.deployed import make_history
from bench.faults.load import Load
from bench.faults.world import HISTORY, JOBS, OURS, Parts, World
from function.history import Change, keys_in, merge, size_of

_KILLS = 4
_FULL_BYTES = 1_000_000
_OLD_KEYS = 4_000
"""More than fit: they have eight nodes each."""
_OLD = 1_700_000_000
"""When the first of them was bound: long ago."""
_PARENT = f"/api/v1/namespaces/{OURS}/configmaps"


def _kill(world: World, profile: Profile) -> Harm:
    """Each time the API server has taken a write, and its answer never came."""
    [record] = world.records
    taken = 0
    for _ in range(_KILLS):
        before, dropped = _version(world), world.storing.dropped
        world.storing.drop_answers_to = b"PATCH"
        taken += seen(lambda: world.storing.dropped > dropped) and _version(world) != before  # noqa: B023 - called at once
        record.kill()
        world.storing.heal()
        record.launch()
        record.wait_ready()
        time.sleep(profile.hold / _KILLS)
    return Harm(f"killed {taken} times, when a write was taken and not answered yet", taken == _KILLS)


def _version(world: World) -> str:
    version: str = world.kube.get(HISTORY)["metadata"]["resourceVersion"]
    return version


def _compete(world: World, profile: Profile) -> Harm:
    world.storing.look_for = b"HTTP/1.1 409"
    time.sleep(profile.hold)
    conflicts = world.storing.found
    return Harm(f"posts go to both in turn; {conflicts} conflicts", conflicts > 0)


def _delete(world: World, profile: Profile) -> Harm:  # noqa: ARG001 - until a post has met it
    """Gone, as record may not make it, until a person makes it anew, empty, as `make deploy` does."""
    world.kube.delete(HISTORY)
    refused = seen(lambda: any(post.answer.status == 503 for post in list(world.front.posts)), 30)
    make_history(world.kube)
    return Harm("record answered 503 until it was made anew, empty, as make deploy does it", refused)


def _freeze(world: World, profile: Profile) -> Harm:
    """Immutable, until a person does what the error says."""
    world.kube.patch(HISTORY, {"immutable": True})
    advised = seen(lambda: "not immutable" in world.records[0].log.read_text())
    time.sleep(profile.hold)
    data = world.history()
    world.kube.delete(HISTORY)
    world.kube.create(_PARENT, {"metadata": {"name": "hookrunner-history"}, "data": data})
    return Harm("record's log said what to do; then made anew by hand", advised)


def _edit(world: World, profile: Profile) -> Outcome:
    """A person adds an entry, and breaks another, while events come in."""
    by_hand = {"17": "node-3", "_warm.18": "not JSON", "note-of-a-person": "a note"}
    with Load(world.kube, JOBS, profile.rate, 3) as load:
        time.sleep(profile.seconds / 2)
        world.wait_history()
        world.kube.patch(HISTORY, {"data": by_hand})
        time.sleep(profile.seconds / 2)
    kept = {"17", "note-of-a-person"}
    harm = Harm(f"kept: {sorted(kept)}")
    touched = keys_in(by_hand)
    outcome = count(world, load, harm, lambda all_: [one for one in all_ if one.key not in touched], touched)
    data = world.history()
    return replace(outcome, kept=outcome.kept and all(data.get(name) == by_hand[name] for name in kept))


def _fill(world: World, profile: Profile) -> Outcome:
    """Full to the brim of old keys; then come new ones, of which each must be held: the oldest leave."""
    old = _full()
    oldest_first = sorted(keys_in(old))
    world.kube.patch(HISTORY, {"data": old})
    with Load(world.kube, JOBS, profile.rate, 3) as load:
        time.sleep(profile.seconds)
    outcome = count(world, load, Harm(), others=oldest_first)
    data = world.history()
    left = [key for key in oldest_first if key in keys_in(data)]
    note = (
        f"{size_of(data):,} bytes used; of {len(oldest_first)} old keys the {len(oldest_first) - len(left)} oldest left"
    )
    kept = size_of(data) <= _FULL_BYTES and 0 < len(left) < len(oldest_first) and left == oldest_first[-len(left) :]
    return replace(outcome, note=f"{note}; {outcome.note}", kept=outcome.kept and kept)


def _full() -> dict[str, str]:
    """A history as large as it may be; its keys' names are in the order of their time."""
    nodes = [f"old-node-{number}" for number in range(8)]
    bound = {f"old-{number:04}": dict.fromkeys(nodes, _OLD + number) for number in range(_OLD_KEYS)}
    return {name: text for name, text in merge({}, Change(bound), len(nodes), _FULL_BYTES).items() if text is not None}


CASES = (
    Case("record killed in the middle of a write", "all", under_load(_kill)),
    Case("two replicas of record write at once", "all", under_load(_compete), Parts(records=2)),
    Case("ConfigMap deleted", "all", under_load(_delete)),
    Case("ConfigMap made immutable", "all, and an error that says what to do", under_load(_freeze)),
    Case("ConfigMap edited by hand", "all, and what the person wrote", _edit),
    Case(
        f"ConfigMap full ({_FULL_BYTES:,} bytes, the most that may be set)",
        "all that fit: the oldest leave first",
        _fill,
        Parts(record={"HOOKRUNNER_HISTORY_MAX_BYTES": str(_FULL_BYTES)}),
    ),
)
