"""How a function starts, tells of itself, and ends, on both runtimes."""

import re
from pathlib import Path

import pytest

from tests.support.functions import FunctionProcess, run_function
from tests.support.reviews import Case
from tests.support.wire import exchange

pytestmark = pytest.mark.conformance

MEMORY = {"HOOKRUNNER_HISTORY": "memory:", "HOOKRUNNER_LOG_LEVEL": "error"}
WRONG = {
    "mutate": (
        {"HOOKRUNNER_WEIGHTS": "50,100"},
        (
            "hookrunner: HOOKRUNNER_WEIGHTS='50,100' is not valid: it must be 1 to 100 whole numbers from 100 down to "
            "1, separated by commas, none greater than the one before"
        ),
    ),
    "record": (
        {"HOOKRUNNER_HISTORY": "redis://x"},
        (
            "hookrunner: HOOKRUNNER_HISTORY='redis://x' is not valid: it must be configmap:<namespace>/<name>, "
            "file:<path> or memory:"
        ),
    ),
    "hook": ({}, "hookrunner: K_SINK='' is not valid: it must be the http or https URL that events are posted to"),
}


@pytest.mark.parametrize("path", ["/health/liveness", "/health/readiness"])
def test_health(runtime: str, mutate: FunctionProcess, path: str) -> None:
    """A function that serves says so. func's runtime answers these paths by itself, without a length."""
    answer = exchange(mutate.port, method="GET", path=path)
    assert (answer.status, answer.body.strip()) == (200, b"ok")
    assert answer.is_framed() == (runtime != "func")


def test_metrics(mutate: FunctionProcess) -> None:
    """The metrics are in Prometheus' text format, and count what was answered."""
    counted = re.compile(rb'^hookrunner_reviews_total\{reason="not-a-pod"\} (\d+)\.0$', re.MULTILINE)

    def count() -> int:
        answer = exchange(mutate.port, method="GET", path="/metrics")
        assert (answer.status, answer.is_framed()) == (200, True)
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = counted.search(answer.body)
        assert found is not None
        return int(found[1])

    before = count()
    exchange(mutate.port, Case("configmap-create", "not-a-pod").body())
    assert count() == before + 1


@pytest.mark.parametrize("target", WRONG)
def test_wrong_setting(runtime: str, target: str, tmp_path: Path) -> None:
    """A wrong setting ends the start, with one line, no trace and status 2."""
    environ, line = WRONG[target]
    process = FunctionProcess(runtime, target, environ, tmp_path / "log")
    process.launch()
    try:
        assert process.wait_ended() == 2
    finally:
        process.kill()
    assert process.log.read_text().splitlines() == [line]


def test_nothing_is_left_at_home(runtime: str, tmp_path: Path) -> None:
    """A function writes nothing into its user's folder, such as a socket to control its server by."""
    with run_function(runtime, "mutate", {**MEMORY, "HOME": str(tmp_path)}) as process:
        process.stop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["mutate", "record"])
def test_orderly_end(runtime: str, target: str) -> None:
    """Asked to end (SIGTERM), a function does, and says nothing of errors."""
    with run_function(runtime, target, MEMORY) as process:
        exchange(process.port, b"{}")
        assert process.stop() == 0
        assert "Traceback" not in process.log.read_text()


def test_store_unavailable(runtime: str, tmp_path: Path) -> None:
    """Where nothing can be written, record says 503 and when to come again; mutate lets pods through as they are."""
    missing = {**MEMORY, "HOOKRUNNER_HISTORY": f"file:{tmp_path}/missing/history.yaml"}
    event = (
        b'{"specversion":"1.0","id":"1","source":"/s","type":"dev.hookrunner.pod.bound.v1",'
        b'"data":{"key":"17","node":"node-3","boundAt":"2026-11-24T08:00:00Z"}}'
    )
    with run_function(runtime, "record", missing) as record:
        answer = exchange(record.port, event, {"Content-Type": "application/cloudevents+json"})
    assert (answer.status, answer.headers["retry-after"], answer.is_framed()) == (503, "1", True)
    assert answer.body.decode() == (
        f"the history file {tmp_path}/missing/history.yaml cannot be written: No such file or directory\n"
    )
    with run_function(runtime, "mutate", missing) as mutate:
        review = exchange(mutate.port, Case("runner-cache-hostpath", "patched", "41").body())
    assert review.json()["response"]["auditAnnotations"] == {"reason": "no-warm-node", "key": "41"}
