"""One event to `record` at zero replicas: when each step on the way to its answer ends."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bench.kit.errors import BenchError
from function.events import POD_BOUND, PodBound, encode
from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.steps import wait_for

_LABEL = "serving.knative.dev/service"
_SELECTOR = f"{_LABEL}=record"
_PORT = 8080
_CONTAINER = "user-container"
_AUDIENCE = "hookrunner-record"
_IDLE_SECONDS = 300.0
_PATIENCE = 30.0
_HOST = f"record.{NAMESPACE}.svc.cluster.local"
_POST = Path(__file__).with_name("post.py")
_LISTENS = re.compile(r"^(\S+) .*Running on", re.MULTILINE)
"""Hypercorn's line, after the time that the container runtime notes."""
_WRITING = re.compile(r"^hookrunner_history_write_duration_seconds_sum (\S+)$", re.MULTILINE)


def _state(pod: Json) -> Json:
    statuses = pod.get("status", {}).get("containerStatuses", [])
    found: Json = next((one["state"] for one in statuses if one["name"] == _CONTAINER), {})
    return found


_SEEN: Mapping[str, Callable[[Json], bool]] = {
    "Knative: the activator asks, a pod is made": lambda _: True,
    "scheduler: it has its node": lambda pod: "nodeName" in pod["spec"],
    "kubelet: the function's container runs": lambda pod: "running" in _state(pod),
}
_LISTENING = "function: Python and what is imported; it listens"
_BEGUN = "Knative, function: found ready, request in, sender checked"
_ANSWERED = "function: the event is written, 204"
STEPS = (*_SEEN, _LISTENING, _BEGUN, _ANSWERED)
"""In their order; each ends where the next begins."""


class Watch:
    """Notes when pods of `record` reach each state that is looked for. It stands once it has told of any pod."""

    def __init__(self, lines: IO[bytes]) -> None:
        self.standing = threading.Event()
        self.at: dict[str, float] = {}
        self.done = threading.Event()
        threading.Thread(target=self._note, args=(lines,), daemon=True).start()

    def _note(self, lines: IO[bytes]) -> None:
        for line in lines:
            now, pod = time.time(), json.loads(line)["object"]
            self.standing.set()
            if pod["metadata"].get("labels", {}).get(_LABEL) != "record":
                continue
            self.at = {step: now for step, holds in _SEEN.items() if holds(pod)} | self.at
            if len(self.at) == len(_SEEN):
                return self.done.set()
        return None


def one_round(cluster: Cluster, inside: tuple[str, ...], event: Path, number: int) -> dict[str, float]:
    """Milliseconds from the post to the end of each step.

    Raises:
        BenchError: `record` did not answer 204, or a step was not seen.
    """
    token = cluster.kubectl("create", "token", "informer", f"--audience={_AUDIENCE}", "--namespace", NAMESPACE).strip()
    event.write_text(json.dumps(_event(number)))
    wait_for("record at zero", lambda: not cluster.items("pods", "-l", _SELECTOR), _IDLE_SECONDS)
    with _watch(cluster) as watch:
        posted, ended = _post(inside, event, token)
        if not watch.done.wait(_PATIENCE):  # what the API server tells may come a moment after the answer
            raise BenchError(f"Of record's pod the watch told only {list(watch.at)}.")
    ends = watch.at | {_LISTENING: _listening(cluster), _BEGUN: ended - _writing(cluster, inside), _ANSWERED: ended}
    return {step: (ends[step] - posted) * 1000 for step in STEPS}


@contextmanager
def _watch(cluster: Cluster) -> Iterator[Watch]:
    """Of all pods of the namespace, so that those that are there tell that it stands: before the post."""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods?watch=1"
    process = subprocess.Popen([*cluster.settings.kubectl, "get", "--raw", path], stdout=subprocess.PIPE)
    try:
        if process.stdout is None or not (watch := Watch(process.stdout)).standing.wait(_PATIENCE):
            raise BenchError(f"The watch of pods told of none within {_PATIENCE:g} s: is Hookrunner installed?")
        yield watch
    finally:
        process.terminate()
        process.wait()


def _post(inside: tuple[str, ...], event: Path, token: str) -> tuple[float, float]:
    """When the event was posted, and when it was answered, in seconds since 1970."""
    status, posted, ended = _run(*inside, sys.executable, "-I", str(_POST), _HOST, str(event), text=token).split()
    if status != "204":
        raise BenchError(f"record answered the event with {status}, not 204.")
    return float(posted), float(ended)


def _run(*words: str, text: str = "") -> str:
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout


def _listening(cluster: Cluster) -> float:
    """When the server said that it listens, in seconds since 1970, by the log of its container."""
    which = ("-l", _SELECTOR, "--container", _CONTAINER, "--namespace", NAMESPACE)
    found = _LISTENS.search(logged := cluster.kubectl("logs", *which, "--timestamps"))
    if found is None:
        raise BenchError(f"No line of record's log says that it listens:\n{logged[:500]}")
    return datetime.fromisoformat(found[1]).timestamp()


def _writing(cluster: Cluster, inside: tuple[str, ...]) -> float:
    """Seconds of its one write so far, by its own metrics, which are told at the pod's own port only."""
    (pod,) = cluster.items("pods", "-l", _SELECTOR)
    found = _WRITING.search(text := _run(*inside, "curl", "-s", f"http://{pod['status']['podIP']}:{_PORT}/metrics"))
    if found is None:
        raise BenchError(f"record's metrics tell of no write:\n{text[:500]}")
    return float(found[1])


def _event(number: int) -> Json:
    now, node = datetime.now(UTC), f"node-{number}"
    data = PodBound(key="bench", node=node, bound_at=now, pod_uid=f"bench-{number}", namespace="bench")
    return encode(type_=POD_BOUND, source="/bench", id_=data.pod_uid, subject="bench", time=now, data=data)
