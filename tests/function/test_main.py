"""functions-framework's door: its targets, and the worker in the place of its own (tests/conformance runs it)."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import uvicorn_worker
from gunicorn.config import Config
from starlette.requests import Request

from function.http import Message
from function.service import Service

REVIEW = Path(__file__).parents[1] / "data/reviews/runner-cache-hostpath.json"
EVENT = b'{"specversion":"1.0","id":"1","source":"/s","type":"com.example"}'


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The module, loaded as functions-framework loads it; what it changes elsewhere is put back."""
    (tmp_path / "token").write_text("s3cret")
    monkeypatch.setenv("HOOKRUNNER_HISTORY", "memory:")
    monkeypatch.setenv("HOOKRUNNER_HOOK_SECRETS", str(tmp_path))
    monkeypatch.setenv("K_SINK", "http://127.0.0.1:9")
    monkeypatch.setattr(uvicorn_worker, "UvicornWorker", uvicorn_worker.UvicornWorker)
    yield importlib.import_module("function.main")
    del sys.modules["function.main"]


def request(body: bytes, content_type: bytes, *more: tuple[bytes, bytes]) -> Request:
    """A POST as Starlette has it."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", content_type), *more]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


async def test_targets(main: ModuleType) -> None:
    """Each target answers as its function does."""
    review = await main.mutate(request(REVIEW.read_bytes(), b"application/json"))
    assert json.loads(review.body)["response"]["auditAnnotations"] == {"reason": "no-warm-node", "key": "41"}
    assert (await main.record(request(EVENT, b"application/cloudevents+json"))).status == 204
    push = request(b'{"object_kind":"push"}', b"application/json", (b"x-gitlab-token", b"s3cret"))
    assert (await main.hook(push)).status == 204


def test_worker(main: ModuleType) -> None:
    """What gunicorn runs is our worker, by the name that functions-framework asks for: it serves the function."""
    assert uvicorn_worker.UvicornWorker is main.Worker
    worker = object.__new__(main.Worker)
    worker.load_wsgi()
    assert isinstance(worker.wsgi, Service)
    assert worker.CONFIG_KWARGS["timeout_keep_alive"] == 620


def test_control_socket(main: ModuleType) -> None:
    """The server makes no socket to control it by."""
    config = Config()
    main.Worker.check_config(config, None)
    assert config.control_socket_disable is True


def test_wrong_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Loading it with a wrong setting ends the process with one line, and status 2."""
    monkeypatch.setenv("HOOKRUNNER_HISTORY", "redis:x")
    with pytest.raises(SystemExit) as caught:
        importlib.import_module("function.main")
    line = "HOOKRUNNER_HISTORY='redis:x' is not valid: it must be configmap:<namespace>/<name>, file:<path> or memory:"
    assert (caught.value.code, capsys.readouterr().err) == (2, f"hookrunner: {line}\n")
