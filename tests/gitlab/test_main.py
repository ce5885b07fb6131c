"""The fake GitLab as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import pytest

from tests.gitlab.hooks import signature

_SIGNING_TOKEN = "whsec_c2lnbg=="


@contextmanager
def _running(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.gitlab", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.removeprefix("GitLab answers on ").strip()
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_it_answers_and_is_steered() -> None:
    """It serves a scenario, is steered through its control endpoint, and ends on SIGTERM."""
    with _running("--scenario", "empty", "--external-url", "http://gitlab.svc") as url:
        headers = {"PRIVATE-TOKEN": "glpat-hookrunner-test"}
        httpx.post(f"{url}/__control", json={"do": "add_jobs", "project": "platform/api", "count": 2})
        jobs = httpx.get(f"{url}/api/v4/projects/platform%2Fapi/jobs?per_page=1", headers=headers)

        assert [job["status"] for job in jobs.json()] == ["pending"]
        assert jobs.links["next"]["url"].startswith("http://gitlab.svc/api/v4/projects/")


class _Receiver(BaseHTTPRequestHandler):
    got: Queue[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.put((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class calls it so
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, Queue[tuple[dict[str, str], bytes]]]]:
    """Listen on loopback; what comes is in the queue."""
    _Receiver.got = Queue()
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", _Receiver.got
        server.shutdown()
        thread.join()


def test_it_lives_and_tells(tmp_path: Path, receiver: tuple[str, Queue[tuple[dict[str, str], bytes]]]) -> None:
    """Jobs move by themselves in real time, and hooks are told of it, signed, without anybody asking."""
    url, got = receiver
    scenario = {
        "projects": [{"path": "platform/api"}],
        "runners": [{}],
        "arrivals": [{"project": "platform/api", "every": 3600, "runs": 0.2}],
        "hooks": [{"url": url, "token": "s3cret", "signing_token": _SIGNING_TOKEN}],
    }
    file = tmp_path / "scenario.yaml"
    file.write_text(json.dumps(scenario), encoding="utf-8")
    with _running("--scenario", str(file)):
        requests = [got.get(timeout=30) for _ in range(3)]

    assert [json.loads(body)["build_status"] for _, body in requests] == ["pending", "running", "success"]
    headers, body = requests[0]
    assert headers["X-Gitlab-Token"] == "s3cret"
    signed = signature(_SIGNING_TOKEN, headers["Idempotency-Key"], int(headers["webhook-timestamp"]), body)
    assert {name: headers[name] for name in signed} == signed


def test_a_scenario_that_is_no_good() -> None:
    """It ends at once and says why, in one line."""
    command = [sys.executable, "-m", "tests.gitlab", "--scenario", "nope"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("--scenario nope: there is no file 'nope', and no scenario of that name: busy, empty\n")
