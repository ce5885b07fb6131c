"""How long from the start of the process to its first answer with a patch?"""

import json
import statistics
import time

import httpx

from bench.kit import corpus, servers
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.servers import Setting, start
from tests.controlplane.ports import free_port

NAMES = (servers.BOOK, *servers.OURS)
_PATIENCE = 60.0


def run(lab: Lab, *, long: bool) -> Report:
    """Started in turn, on one core; the history comes from an API server, with 10 keys and with 10,000."""
    count = 15 if long else 5
    body = corpus.review(24_000)
    first: dict[str, list[float]] = {}
    patched: dict[str, list[float]] = {}
    for keys in (10, 10_000):
        with lab.setting(keys) as setting:
            for _ in range(count):
                for name in NAMES:
                    answered, done = _start(name, setting, body)
                    first.setdefault(f"{name}, {keys:,} keys", []).append(answered)
                    patched.setdefault(f"{name}, {keys:,} keys", []).append(done)
    return _report(first, patched)


def _start(name: str, setting: Setting, body: bytes) -> tuple[float, float]:
    """Seconds until the first answer, and until the first with a patch."""
    port = free_port()
    words, more = servers.command(name, port, setting)
    began = time.monotonic()
    with start(words, more | {"KUBECONFIG": str(setting.kubeconfig)}, setting.folder / "startup.log"):
        answered = None
        while time.monotonic() - began < _PATIENCE:
            try:
                answer = httpx.post(f"http://127.0.0.1:{port}/", content=body).content
            except httpx.TransportError:
                time.sleep(0.005)
                continue
            answered = answered or time.monotonic() - began
            if "patch" in json.loads(answer)["response"]:
                return answered, time.monotonic() - began
            time.sleep(0.005)
    raise TimeoutError(f"{name} did not patch within {_PATIENCE:g} s of its start")


def _report(first: dict[str, list[float]], patched: dict[str, list[float]]) -> Report:
    return Report(
        question=str(__doc__),
        columns=["seconds", "first answer", "least", "first patch", "least"],
        rows=[
            [
                name,
                *(f"{value:.2f}" for of in (first, patched) for value in (statistics.median(of[name]), min(of[name]))),
            ]
            for name in first
        ],
        chart=Chart(
            "Start to first answer",
            "s",
            list(first),
            {
                "first answer": [statistics.median(values) for values in first.values()],
                "first patch": [statistics.median(values) for values in patched.values()],
            },
        ),
        figures={"first": first, "patched": patched},
        notes=["a review that comes before the history is answered too, without a patch"],
    )
