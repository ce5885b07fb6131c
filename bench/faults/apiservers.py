"""Faults of the API server and of etcd."""

import re
import time

from bench.faults.cases import Case, Harm, Outcome, Profile, count, seen, under_load
from bench.faults.load import Load
from bench.faults.world import JOBS, World

_KILLS = 5
_LONG = 3600.0
"""Seconds that a pod lives where all must still exist."""


def _kill_apiserver(world: World, profile: Profile) -> Harm:
    for _ in range(_KILLS):
        world.plane.apiserver.restart()
        time.sleep(profile.hold / _KILLS / 2)
    told = seen(lambda: (_gaps(world) > 0) == _gap_is_logged(world))
    return Harm(f"killed {_KILLS} times; {_gaps(world):.0f} gaps counted, and logged", told)


def _restart_etcd(world: World, profile: Profile) -> Harm:  # noqa: ARG001 - as long as it takes
    world.plane.etcd.restart()
    world.plane.apiserver.wait_ready()
    return Harm()


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
    told = seen(lambda: _gaps(world) >= 1 and _gap_is_logged(world))
    harm = Harm(f"{len(gone)} pods came and went unseen: {_gaps(world):.0f} gap, counted and logged", told)
    return count(world, load, harm, lambda all_: [binding for binding in all_ if binding.pod not in gone])


def _come_and_go(world: World, load: Load, seconds: float) -> set[str]:
    """Removes the pods that are created within `seconds`; gives them as the audit log names them."""
    before = len(load.created)
    time.sleep(seconds)
    names = load.created[before:]
    for name in names:
        world.kube.delete(f"/api/v1/namespaces/{JOBS}/pods/{name}", gracePeriodSeconds="0")
    return {f"{JOBS}/{name}" for name in names}


def _gap_is_logged(world: World) -> bool:
    return bool(re.search("watching pods: .*; listing all of them again", world.informers[0].log.read_text()))


def _gaps(world: World) -> float:
    return world.informers[0].metric('hookrunner_informer_gaps_total{resource="pods"}')


CASES = (
    Case("API server restarted (SIGKILL) 5 times", "all that still exist", under_load(_kill_apiserver, _LONG)),
    Case("etcd restarted (SIGKILL)", "all that still exist", under_load(_restart_etcd, _LONG)),
    Case("etcd compacted while the informer is down (410)", "all that still exist; the gap counted", _compact),
)
