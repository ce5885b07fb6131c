"""The way of a binding: a real API server and scheduler, `record` on one core and the informer on the other."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench.kit import corpus, machine, servers, usage
from bench.kit.lab import Lab
from bench.kit.load import Load
from bench.kit.servers import start, wait_listening
from tests.controlplane.cache import cache_folder
from tests.controlplane.cluster import ADMIN_GROUP, ControlPlane
from tests.controlplane.errors import ApiError
from tests.controlplane.namespaces import create_namespace
from tests.controlplane.nodes import Nodes
from tests.controlplane.programs import Programs
from tests.support.ports import free_port

NAMESPACE = "bench"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
HISTORY = f"configmap:{NAMESPACE}/hookrunner-history"
KEYS = 500
_LANES = 10
_SCHEDULED = "scheduler_schedule_attempts_total{"
_STEP = 0.1
"""Seconds between two questions: each costs whoever is asked a few milliseconds of its core."""
_RECORDED = 'hookrunner_events_total{outcome="recorded",type="dev.hookrunner.pod.bound.v1"} '


@dataclass(frozen=True)
class Part:
    """`record` or the informer, running."""

    url: str
    pid: int

    @property
    def cpu_seconds(self) -> float:
        """CPU time so far."""
        return usage.cpu_seconds(self.pid)

    def recorded(self) -> int:
        """How many bindings `record` has written."""
        lines = httpx.get(f"{self.url}metrics", trust_env=False, timeout=30).text.splitlines()
        return total(line for line in lines if line.startswith(_RECORDED))


@dataclass(frozen=True)
class Loop:
    """A cluster of twenty nodes without a limit of pods, and an empty history."""

    plane: ControlPlane
    lab: Lab

    def create(self, count: int) -> None:
        """Creates `count` runner pods, a multiple of `KEYS`, as many of each key; ten at a time."""
        pair = self.plane.authority.user("bench", ADMIN_GROUP).write(self.plane.folder, "bench")

        def lane(number: int) -> None:
            body = self.lab.folder / f"lane-{number}.json"
            body.write_bytes(corpus.encoded(pod_of(f"{1000 + number}")))
            load = Load(self.lab.peers / "load", body, self.plane.folder / "ca.crt", pair)
            load.run(f"{self.plane.server}{PODS}", 1, count // KEYS, "-client", "go", "-expect", "201")

        with ThreadPoolExecutor(_LANES) as pool:
            list(pool.map(lane, range(KEYS)))

    def clear(self) -> None:
        """Removes all pods."""
        seconds_until(self._removed)

    def _removed(self) -> bool:
        # Of many pods the answer comes after the client's patience; what is removed by then stays removed.
        self.plane.kube.delete(PODS, gracePeriodSeconds="0")
        return not self.plane.kube.items(PODS, limit="1")

    def scheduled(self) -> int:
        """How many pods the scheduler has bound since its start, as it counts them itself."""
        lines = self.plane.kube.text(f"{self.plane.scheduler_url}/metrics").splitlines()
        return total(line for line in lines if line.startswith(_SCHEDULED) and 'result="scheduled"' in line)

    @contextmanager
    def record(self) -> Iterator[Part]:
        """`record` on functions-framework, on the server's core."""
        port = free_port()
        program = [str(servers.ROOT / ".venv/bin/functions-framework"), "--source", "function/main.py", "--asgi"]
        words = [*program, "--target", "record", "--host", "127.0.0.1", "--port", str(port)]
        environ = {"KUBECONFIG": str(self.plane.kubeconfig()), "HOOKRUNNER_HISTORY": HISTORY}
        with start(words, environ, self.plane.folder / "record.log") as process:
            wait_listening(port, process)
            yield Part(f"http://127.0.0.1:{port}/", process.pid)

    @contextmanager
    def informer(self, sink: str) -> Iterator[Part]:
        """The informer, on the other core; it begins with a list of all that is bound."""
        port = free_port()
        environ = {
            "K_SINK": sink,
            "HOOKRUNNER_LEASE": f"{NAMESPACE}/informer-{port}",
            "HOOKRUNNER_IDENTITY": "bench",
            "HOOKRUNNER_INFORMER_PORT": str(port),
        }
        words = [sys.executable, "-m", "informer", "--kubeconfig", str(self.plane.kubeconfig())]
        with start(words, environ, self.plane.folder / "informer.log", machine.cores()[1]) as process:
            wait_listening(port, process)
            yield Part(f"http://127.0.0.1:{port}/", process.pid)


@contextmanager
def looped(lab: Lab) -> Iterator[Loop]:
    """The cluster, until the block ends."""
    folder = lab.folder / "plane"
    folder.mkdir()
    with ControlPlane(Programs.of(cache_folder(os.environ), os.environ), folder) as plane:
        create_namespace(plane.kube, NAMESPACE)
        plane.kube.create(
            f"/api/v1/namespaces/{NAMESPACE}/configmaps", {"metadata": {"name": "hookrunner-history"}, "data": {}}
        )
        Nodes(plane.kube).add(20, pods="10000", cpu="100000", memory="1000Ti")
        yield Loop(plane, lab)


def seconds_until(done: Callable[[], bool], patience: float = 600.0) -> float:
    """How long it takes until `done`.

    Raises:
        TimeoutError: it was not done in time.
    """
    began = time.monotonic()
    while time.monotonic() - began < patience:
        with contextlib.suppress(httpx.TransportError, ApiError):  # some of it has just been started
            if done():
                return time.monotonic() - began
        time.sleep(_STEP)
    raise TimeoutError(f"not done after {patience:g} s")


def rate(count: Callable[[], int], goal: int) -> float:
    """How many a second come to `count`, from the first that is seen until there are `goal`: starts do not count.

    Raises:
        TimeoutError: they did not come in time.
    """
    seconds_until(lambda: count() > 0)
    first = count()
    return (goal - first) / seconds_until(lambda: count() >= goal)


def total(lines: Iterable[str]) -> int:
    """The sum of the values in lines of Prometheus' text format."""
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)


def pod_of(key: str) -> corpus.Json:
    """A small runner pod of `key`."""
    pod = corpus.pod(9_000)
    pod["metadata"]["labels"]["gitlab.com/runner-id"] = key
    return pod
