"""Faults of the API server and of etcd."""

import time
from dataclasses import replace

from bench.faults.cases import Case, Outcome, Profile, count, under_load
from bench.faults.load import Load
from bench.faults.world import JOBS, World

_KILLS = 5
_LONG = 3600.0
"""Seconds that a pod lives where all must still exist."""


def _kill_apiserver(world: World, profile: Profile) -> str:
    for _ in range(_KILLS):
        world.plane.apiserver.restart()
        time.sleep(profile.hold / _KILLS / 2)
    gaps = _gaps(world)
    return f"killed {_KILLS} times; {gaps:.0f} gaps counted"


def _restart_etcd(world: World, profile: Profile) -> str:  # noqa: ARG001 - as long as it takes
    world.plane.etcd.restart()
    world.plane.apiserver.wait_ready()
    return ""


def _compact(world: World, profile: Profile) -> Outcome:
    """While the informer is down pods come and stay, others come and go, and then the history goes."""
    informer = world.informers[0]
    with Load(world.kube, JOBS, profile.rate, _LONG) as load:
        time.sleep(profile.seconds / 3)
        informer.kill()
        gone = _come_and_go(world, load, profile.seconds / 6)
        time.sleep(profile.seconds / 6)
        world.plane.compact()
        world.plane.apiserver.restart()
        informer.start()
        time.sleep(profile.seconds / 3)
    outcome = count(world, load, lambda all_: [binding for binding in all_ if binding.pod not in gone], "")
    gaps, log = _gaps(world), informer.log.read_text()
    note = f"{len(gone)} pods came and went unseen: {gaps:.0f} gap, counted and logged"
    kept = gaps >= 1 and "listing all of them again" in log
    return replace(outcome, note=f"{note}; {outcome.note}", kept=kept)


def _come_and_go(world: World, load: Load, seconds: float) -> set[str]:
    """Removes the pods that are created within `seconds`; gives them as the audit log names them."""
    before = len(load.created)
    time.sleep(seconds)
    names = load.created[before:]
    for name in names:
        world.kube.delete(f"/api/v1/namespaces/{JOBS}/pods/{name}", gracePeriodSeconds="0")
    return {f"{JOBS}/{name}" for name in names}


def _gaps(world: World) -> float:
    return world.informers[0].metric('hookrunner_informer_gaps_total{resource="pods"}')


CASES = (
    Case("API server restarted (SIGKILL) 5 times", "all that still exist", under_load(_kill_apiserver, _LONG)),
    Case("etcd restarted (SIGKILL)", "all that still exist", under_load(_restart_etcd, _LONG)),
    Case("etcd compacted while the informer is down (410)", "all that still exist; the gap counted", _compact),
)
