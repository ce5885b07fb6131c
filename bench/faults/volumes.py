"""Much at once: many pods that are bound already when the informer starts, and many bindings in a moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from bench.faults.cases import Case, Outcome, Profile, seen
from bench.faults.truth import Binding
from bench.faults.world import JOBS, World
from function.history import seconds_of
from informer.replay.selection import instant
from tests.controlplane.client import Json
from tests.controlplane.workloads import runner_pod

T = TypeVar("T")

_KEYS = 500
_BURST = 1_000
_WORKERS = 8
_MOST_MB = 128
"""How much memory the informer may hold: some 45 MB of its own, what waits (16 MiB) twice, and a page of a list."""
_SECONDS = 30.0
"""How long a backlog may last."""
_PODS = f"/api/v1/namespaces/{JOBS}/pods"


def _many(world: World, profile: Profile) -> Outcome:
    """Pods that were created with a node's name: bound without a scheduler, which would take too long for this."""
    informer = world.informers[0]
    informer.terminate()
    _in_parallel(profile.pods, lambda number: world.kube.create(_PODS, _pod(world, number)))
    bound = [_binding(pod) for pod in world.kube.items(_PODS)]
    informer.start()
    return _told(world, lambda: bound, f"of {_KEYS} keys")


def _burst(world: World, profile: Profile) -> Outcome:  # noqa: ARG001 - a burst is a burst
    """Bindings that come all at once: those that happened while the informer was away, by one watch when it is back.

    A machine such as this binds some hundred pods a second; an informer that resumes gets them as fast as it reads.
    """
    informer = world.informers[0]
    informer.terminate()
    names = _in_parallel(_BURST, lambda number: _waiting(world, number))
    _in_parallel(_BURST, lambda number: _bind(world, names[number], number))
    informer.start()
    return _told(world, world.bindings, "by one watch")


def _told(world: World, bound: Callable[[], list[Binding]], note: str) -> Outcome:
    """Counts the pods that were told of, each by its UID: in the history one may stand for another."""
    pods = {pod["metadata"]["uid"] for pod in world.kube.items(_PODS)}
    verdict, seconds = world.settle(bound, _SECONDS)
    all_told = seen(lambda: set(world.front.ids()) == pods, max(1.0, _SECONDS - seconds))
    told = len(pods & set(world.front.ids()))
    peak = _peak(world.informers[0].pid)
    posts = f"{len(world.front.posts)} posts; peak of the informer {peak} MB"
    wrong = "" if verdict.whole else f"; the history lacks {len(verdict.missing)}, has wrong {len(verdict.wrong)}"
    kept = verdict.whole and all_told and peak <= _MOST_MB
    return Outcome(told, len(pods), seconds, f"{note}; {posts}{wrong}", kept)


def _pod(world: World, number: int) -> Json:
    pod = runner_pod(runner=str(number % _KEYS))
    pod["spec"]["nodeName"] = world.nodes[number % len(world.nodes)]
    return pod


def _waiting(world: World, number: int) -> str:
    pod = runner_pod(runner=str(number % _KEYS))
    pod["spec"]["schedulerName"] = "nobody"
    name: str = world.kube.create(_PODS, pod)["metadata"]["name"]
    return name


def _bind(world: World, name: str, number: int) -> None:
    target = {"kind": "Node", "name": world.nodes[number % len(world.nodes)]}
    world.kube.create(f"{_PODS}/{name}/binding", {"metadata": {"name": name}, "target": target})


def _binding(pod: Json) -> Binding:
    meta = pod["metadata"]
    key = meta["labels"]["gitlab.com/runner-id"]
    return Binding(meta["name"], key, pod["spec"]["nodeName"], seconds_of(instant(meta["creationTimestamp"])))


def _in_parallel(count: int, work: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(work, range(count)))


def _peak(pid: int) -> int:
    """The most memory that a process has held, in MB (resident set)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


CASES = (
    Case("many bound pods already there at the start", "all, in bounded memory", _many),
    Case("1,000 bindings at once", "all; the backlog gone within 30 s", _burst),
)
