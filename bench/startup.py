"""How long from the start of the process to its first answer with a patch?"""

import json
import statistics
import time
from dataclasses import dataclass

import httpx

from bench.kit import corpus, servers, usage
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.report import Report
from bench.kit.servers import Setting, start
from tests.support.ports import free_port

NAMES = (servers.BOOK, *servers.OURS)
_PATIENCE = 60.0


@dataclass(frozen=True)
class Start:
    """Seconds until the first answer, until the first with a patch, and of CPU time until then."""

    answered: float
    patched: float
    cpu: float


Found = dict[str, list[Start]]


def run(lab: Lab, *, long: bool) -> Report:
    """Started in turn, on one core; the history comes from an API server, with 10 keys and with 10,000."""
    count = 15 if long else 5
    body = corpus.review(24_000)
    found: Found = {}
    for keys in (10, 10_000):
        with lab.setting(keys) as setting:
            for _ in range(count):
                for name in NAMES:
                    found.setdefault(f"{name}, {keys:,} keys", []).append(_start(name, setting, body))
    return _report(found)


def _start(name: str, setting: Setting, body: bytes) -> Start:
    port = free_port()
    words, more = servers.command(name, port, setting)
    began = time.monotonic()
    with start(words, {**more, **setting.access}, setting.folder / "startup.log") as process:
        answered = None
        while time.monotonic() - began < _PATIENCE:
            try:
                answer = httpx.post(f"http://127.0.0.1:{port}/", content=body, trust_env=False).content
            except httpx.TransportError:
                time.sleep(0.005)
                continue
            answered = answered or time.monotonic() - began
            if "patch" in json.loads(answer)["response"]:
                return Start(answered, time.monotonic() - began, usage.cpu_seconds(process.pid))
            time.sleep(0.005)
    raise TimeoutError(f"{name} did not patch within {_PATIENCE:g} s of its start")


def _report(found: Found) -> Report:
    parts = {
        "first answer": {name: [one.answered for one in of] for name, of in found.items()},
        "first patch": {name: [one.patched for one in of] for name, of in found.items()},
        "CPU": {name: [one.cpu for one in of] for name, of in found.items()},
    }
    return Report(
        question=str(__doc__),
        columns=["seconds", *(word for part in parts for word in (part, "least"))],
        rows=[
            [name, *(f"{value:.2f}" for of in parts.values() for value in (statistics.median(of[name]), min(of[name])))]
            for name in found
        ],
        chart=Chart(
            "Start to first answer",
            "s",
            list(found),
            {part: [statistics.median(values) for values in of.values()] for part, of in parts.items()},
        ),
        figures=parts,
        notes=[
            "a review that comes before the history is answered too, without a patch",
            "CPU: of all the server's processes until the first patch; on a quiet core the rest is waiting",
        ],
    )
