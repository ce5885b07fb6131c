"""How long from the first event to its 204 when `record` stands at zero on Knative, and where does the time go?"""

import json
import os
import shlex
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from function.events import POD_BOUND, PodBound, encode
from tests.e2e.cluster import NAMESPACE, Cluster, Json
from tests.e2e.settings import settings_from
from tests.e2e.steps import wait_for

_SELECTOR = "serving.knative.dev/service=record"
_AUDIENCE = "hookrunner-record"
_IDLE_SECONDS = 300.0


def _state(pod: Json) -> Json:
    statuses = pod.get("status", {}).get("containerStatuses", [])
    found: Json = next((it["state"] for it in statuses if it["name"] == "user-container"), {})
    return found


STEPS: Mapping[str, Callable[[Json], bool]] = {
    "activator and autoscaler: a pod is wanted": lambda _: True,
    "scheduler: it has its node": lambda pod: "nodeName" in pod["spec"],
    "kubelet: the function's container runs": lambda pod: "running" in _state(pod),
}
ANSWERED = "function: started, found ready, the event written, 204"


def run(lab: Lab, *, long: bool) -> Report:
    """Waits until no replica is left, posts one event, and watches its pod come; again and again."""
    cluster = Cluster(settings_from(os.environ))
    inside = (*shlex.split(os.environ["LAB"]), "exec")
    event = lab.folder / "event.json"
    found = [_round(cluster, inside, event, number) for number in range(6 if long else 2)]
    return _report(found)


def _round(cluster: Cluster, inside: tuple[str, ...], event: Path, number: int) -> dict[str, float]:
    """Milliseconds from the post to the end of each step."""
    token = cluster.kubectl("create", "token", "informer", f"--audience={_AUDIENCE}", "--namespace", NAMESPACE).strip()
    event.write_text(json.dumps(_event(number)))
    wait_for("record at zero", lambda: not cluster.items("pods", "-l", _SELECTOR), _IDLE_SECONDS)
    seen: dict[str, float] = {}
    path = f"/api/v1/namespaces/{NAMESPACE}/pods?watch=1&labelSelector={_SELECTOR.replace('=', '%3D')}"
    watch = subprocess.Popen([*cluster.settings.kubectl, "get", "--raw", path], stdout=subprocess.PIPE)
    assert watch.stdout
    note = threading.Thread(target=_note, args=(watch.stdout, seen), daemon=True)
    note.start()
    try:
        seconds = _post(inside, event, token)
        ended = time.monotonic()
        note.join(30)  # what the API server tells may come a moment after the answer
    finally:
        watch.terminate()
        watch.wait()
    began = ended - seconds
    assert set(seen) == set(STEPS), f"only seen: {list(seen)}"
    return {step: (at - began) * 1000 for step, at in (seen | {ANSWERED: ended}).items()}


def _note(lines: IO[bytes], seen: dict[str, float]) -> None:
    for line in lines:
        pod = json.loads(line)["object"]
        for step, holds in STEPS.items():
            if step not in seen and holds(pod):
                seen[step] = time.monotonic()
        if len(seen) == len(STEPS):
            return


def _post(inside: tuple[str, ...], event: Path, token: str) -> float:
    """Seconds that curl needed for the answer, by its own clock."""
    headers = ["-H", "Content-Type: application/cloudevents+json", "-H", f"Authorization: Bearer {token}"]
    asked = ["-s", "--data-binary", f"@{event}", "-o", "/dev/null", "-w", "%{http_code} %{time_total}"]
    url = f"http://record.{NAMESPACE}.svc.cluster.local"
    done = subprocess.run([*inside, "curl", *asked, *headers, url], capture_output=True, text=True, check=True)
    status, seconds = done.stdout.split()
    assert status == "204", f"record answered {status}"
    return float(seconds)


def _event(number: int) -> Json:
    now, node = datetime.now(UTC), f"node-{number}"
    data = PodBound(key="bench", node=node, bound_at=now, pod_uid=f"bench-{number}", namespace="bench")
    return encode(type_=POD_BOUND, source="/bench", id_=data.pod_uid, subject="bench", time=now, data=data)


def _report(found: list[dict[str, float]]) -> Report:
    steps = [*STEPS, ANSWERED]
    ends = {step: statistics.median(one[step] for one in found) for step in steps}
    took = {step: end - before for (step, end), before in zip(ends.items(), [0.0, *ends.values()], strict=False)}
    return Report(
        question=str(__doc__),
        columns=["until", "ms since the post", "of it", "least", "most"],
        rows=[
            [
                step,
                f"{ends[step]:.0f}",
                f"{took[step]:.0f}",
                *(f"{it(o[step] for o in found):.0f}" for it in (min, max)),
            ]
            for step in steps
        ],
        chart=Chart("From zero", "ms", [step.partition(":")[0] for step in steps], {"step": list(took.values())}),
        figures={"rounds": found},
        notes=["as the API server tells it; the kubelet reports a state some moments after it is so"],
    )
