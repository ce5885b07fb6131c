"""Faults of `record`, and of the ConfigMap that it writes."""

import time

from bench.faults.cases import Case, Outcome, Profile, count, under_load, wait_bound
from bench.faults.load import Load
from bench.faults.world import HISTORY, JOBS, OURS, Parts, World
from function.history import keys_in, size_of
from function.keys import is_key

_KILLS = 4
_FULL_BYTES = 8192
_PARENT = f"/api/v1/namespaces/{OURS}/configmaps"


def _kill(world: World, profile: Profile) -> str:
    [record] = world.records
    for _ in range(_KILLS):
        record.kill()
        record.launch()
        record.wait_ready()
        time.sleep(profile.hold / _KILLS)
    return f"killed {_KILLS} times, with writes under way"


def _nothing(world: World, profile: Profile) -> str:  # noqa: ARG001 - as every fault
    return "posts go to both in turn"


def _delete(world: World, profile: Profile) -> str:  # noqa: ARG001 - in a moment
    world.kube.delete(HISTORY)
    return "put back by the next write"


def _freeze(world: World, profile: Profile) -> str:
    """Immutable, until a person does what the error says."""
    world.kube.patch(HISTORY, {"immutable": True})
    time.sleep(profile.hold)
    data = world.history()
    world.kube.delete(HISTORY)
    world.kube.create(_PARENT, {"metadata": {"name": "hookrunner-history"}, "data": data})
    advice = "not immutable" in world.records[0].log.read_text()
    return "its log says what to do; then made anew by hand" if advice else "BUT NO ADVICE in its log"


def _edit(world: World, profile: Profile) -> Outcome:
    """A person adds an entry, and breaks another, while events come in."""
    by_hand = {"17": "node-3", "_warm.18": "not JSON", "note-of-a-person": "a note"}
    with Load(world.kube, JOBS, profile.rate, 3) as load:
        time.sleep(profile.seconds / 2)
        world.wait_history()
        world.kube.patch(HISTORY, {"data": by_hand})
        time.sleep(profile.seconds / 2)
    outcome = count(world, load, lambda all_: [one for one in all_ if one.key not in {"17", "18"}], "")
    data = world.history()
    kept = {name: data.get(name) for name in ("17", "note-of-a-person")}
    wanted = {name: by_hand[name] for name in kept}
    return Outcome(outcome.recorded, outcome.happened, outcome.settled_after, f"kept: {sorted(kept)}", kept == wanted)


def _fill(world: World, profile: Profile) -> Outcome:
    """More keys than fit: the ones that are held must be the newest."""
    with Load(world.kube, JOBS, profile.rate, 3) as load:
        time.sleep(profile.seconds)
    wait_bound(world, len(load.created))
    time.sleep(1)
    bindings = world.bindings()
    data = world.history()
    held = {key for key in keys_in(data) if is_key(key)}
    oldest = min((one.time for one in bindings if one.key in held), default=0)
    newer = [one for one in bindings if one.time > oldest]
    outcome = count(world, load, lambda _: newer, "")
    note = f"{len(held)} of {len(bindings)} keys fit into {_FULL_BYTES} bytes ({size_of(data)} used), none is older"
    return Outcome(outcome.recorded, outcome.happened, 0.0, note, kept=size_of(data) <= _FULL_BYTES)


CASES = (
    Case("record killed in the middle of a write", "all", under_load(_kill)),
    Case("two replicas of record write at once", "all", under_load(_nothing), Parts(records=2)),
    Case("ConfigMap deleted", "all", under_load(_delete)),
    Case("ConfigMap made immutable", "all, and an error that says what to do", under_load(_freeze)),
    Case("ConfigMap edited by hand", "all, and what the person wrote", _edit),
    Case(
        "ConfigMap full",
        "all that fit: the oldest leave first",
        _fill,
        Parts(record={"HOOKRUNNER_HISTORY_MAX_BYTES": str(_FULL_BYTES)}),
    ),
)
