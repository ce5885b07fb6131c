"""The hook function on both runtimes: a job webhook in, a CloudEvent out, and nothing for who cannot prove itself."""

import json
import queue
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.support.functions import FunctionProcess, run_function
from tests.support.wire import exchange

pytestmark = pytest.mark.conformance

JOB = {
    "object_kind": "build",
    "build_status": "pending",
    "build_id": 7,
    "project_id": 3,
    "build_created_at": "2026-11-24 07:59:00 UTC",
    "runner": {"tags": ["linux"]},
}
GENUINE = {"Content-Type": "application/json", "X-Gitlab-Token": "s3cret", "Idempotency-Key": "d-1"}


class Sink(BaseHTTPRequestHandler):
    """Takes every event, and keeps it."""

    got: queue.Queue[tuple[str | None, dict[str, Any]]] = queue.Queue()

    def do_POST(self) -> None:
        """Takes one."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.put((self.headers["content-type"], json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def hook(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionProcess]:
    """The function, with a sink to post to."""
    secrets: Path = tmp_path_factory.mktemp("secrets")
    (secrets / "token").write_text("s3cret\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as sink:
        Thread(target=sink.serve_forever, daemon=True).start()
        environ = {
            "HOOKRUNNER_HOOK_SECRETS": str(secrets),
            "K_SINK": f"http://127.0.0.1:{sink.server_port}/",
            "HOOKRUNNER_LOG_LEVEL": "error",
        }
        with run_function(runtime, "hook", environ) as process:
            yield process
        sink.shutdown()


def test_job(hook: FunctionProcess) -> None:
    """A genuine delivery is answered at once, and its event posted once, however often it comes."""
    for _ in range(2):
        answer = exchange(
            hook.port, json.dumps(JOB).encode(), {**GENUINE, "X-Gitlab-Instance": "https://gitlab.example.com"}
        )
        assert (answer.status, answer.body, answer.is_framed()) == (204, b"", True)
    assert Sink.got.get(timeout=20) == (
        "application/cloudevents+json; charset=utf-8",
        {
            "specversion": "1.0",
            "type": "dev.hookrunner.job.changed.v1",
            "source": "https://gitlab.example.com/projects/3",
            "id": "d-1",
            "subject": "3/7",
            "time": "2026-11-24T07:59:00Z",
            "dataschema": "https://hookrunner.dev/schemas/dev.hookrunner.job.changed.v1.json",
            "datacontenttype": "application/json",
            "data": {"status": "pending", "projectId": 3, "jobId": 7, "tags": ["linux"]},
        },
    )
    assert Sink.got.empty()


FORGED = "this delivery is not genuine: set the webhook's secret token, or signing key, to what Hookrunner was given"
NO_JOB = "the body is no job event of GitLab's: "


@pytest.mark.parametrize(
    ("headers", "body", "status", "message"),
    [
        pytest.param({}, b"{}", 401, FORGED, id="no token"),
        pytest.param({"X-Gitlab-Token": "S3cret"}, b"{}", 401, FORGED, id="another token"),
        pytest.param(
            {"Webhook-Id": "1", "Webhook-Timestamp": "9" * 12, "Webhook-Signature": "v1,x"},
            b"{}",
            401,
            FORGED,
            id="a signature",
        ),
        pytest.param(
            GENUINE, b"never-echo-this", 400, NO_JOB + "JSON is malformed: invalid character (byte 4)", id="not JSON"
        ),
        pytest.param(GENUINE, b"[]", 400, NO_JOB + "Expected `object`, got `array`", id="a list"),
        pytest.param(
            GENUINE,
            b'{"object_kind":"build","build_id":"7"}',
            400,
            NO_JOB + "Expected `int`, got `str` - at `$.build_id`",
            id="a number as text",
        ),
    ],
)
def test_refused(hook: FunctionProcess, headers: dict[str, str], body: bytes, status: int, message: str) -> None:
    """One line that says what and where."""
    answer = exchange(hook.port, body, headers)
    assert (answer.status, answer.body.decode(), answer.is_framed()) == (status, f"{message}\n", True)


def test_not_a_job(hook: FunctionProcess) -> None:
    """Another kind of webhook is acknowledged."""
    assert exchange(hook.port, b'{"object_kind":"push"}', GENUINE).status == 204


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_method(hook: FunctionProcess, method: str) -> None:
    """Not POST: 405 with Allow."""
    answer = exchange(hook.port, method=method)
    assert (answer.status, answer.headers["allow"], answer.is_framed()) == (405, "POST", True)
