"""How long from the start of the process to its first answer with a patch?"""

import http.client
import json
import statistics
import time
from dataclasses import dataclass

from bench.kit import corpus, servers, usage
from bench.kit.charts import Chart
from bench.kit.lab import Lab
from bench.kit.machine import cores, on_core
from bench.kit.ratios import spread
from bench.kit.report import Report
from bench.kit.servers import Setting, start
from tests.support.ports import free_port

NAMES = (servers.BOOK, *servers.OURS)
_PATIENCE = 60.0
_STEP = 0.002
"""Seconds between two tries: so late an answer may be seen. A try that nobody answers takes some 0.1 ms."""


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
    return _report(found, count)


def _start(name: str, setting: Setting, body: bytes) -> Start:
    port, asker = free_port(), cores()[1]
    words, more = servers.command(name, port, setting)
    answered, began = 0.0, time.monotonic()
    with start(words, {**more, **setting.access}, setting.folder / "startup.log") as process, on_core(asker):
        while time.monotonic() - began < _PATIENCE:
            if answer := _post(port, body):
                now = time.monotonic() - began
                answered = answered or now
                if "patch" in json.loads(answer)["response"]:
                    return Start(answered, now, usage.cpu_seconds(process.pid))
            time.sleep(_STEP)
    raise TimeoutError(f"{name} did not patch within {_PATIENCE:g} s of its start")


def _post(port: int, body: bytes) -> bytes:
    """The answer; empty if there is none yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("POST", "/", body)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


def _report(found: Found, count: int) -> Report:
    parts = {
        "first answer": {name: [one.answered for one in starts] for name, starts in found.items()},
        "first patch": {name: [one.patched for one in starts] for name, starts in found.items()},
        "CPU": {name: [one.cpu for one in starts] for name, starts in found.items()},
    }
    return Report(
        question=str(__doc__),
        columns=["seconds", *(word for part in parts for word in (part, "least"))],
        rows=[
            [
                name,
                *(word for part in parts.values() for word in (spread(part[name]).text(), f"{min(part[name]):.2f}")),
            ]
            for name in found
        ],
        chart=Chart(
            "Start to first answer",
            "s",
            list(found),
            {part: [statistics.median(values) for values in seen.values()] for part, seen in parts.items()},
        ),
        figures=parts,
        notes=[
            "a review that comes before the history is answered too, without a patch",
            "CPU: of all the server's processes until the first patch; on a quiet core the rest is waiting",
        ],
        measured={"starts": count},
    )
