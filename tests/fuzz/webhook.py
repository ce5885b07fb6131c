"""Target: the webhook. Headers and body through `hook`'s door; what it sends must be what our own receivers read."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from function.errors import HookrunnerError
from function.events import job_changed
from function.hook import Hook
from function.hooksecrets import HookSecrets
from function.http import Request
from function.outbox import Outbox
from function.receiving import read_events
from tests.fuzz import messages
from tests.fuzz.door import Door, metrics
from tests.fuzz.rules import Alarm, Broken
from tests.support.jobhooks import PENDING

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
_KEY = b"a key for fuzzing, no secret"
_TOKEN = "t0ken"
_RUNNING = {"build_status": "running", "build_started_at": "2026-11-24T07:59:30Z", "runner": {"tags": ["linux"]}}
_FAILED = {"build_status": "failed", "build_finished_at": "2026-11-24 07:59:59 +0100"}
_STRUCTURED = [(b"content-type", b"application/cloudevents+json")]


def seeds() -> list[bytes]:
    """A job's events with the token, with and without a delivery's key; one that is signed; another hook."""
    bodies = [json.dumps(PENDING | change).encode() for change in ({}, _RUNNING, _FAILED)]
    token = {"x-gitlab-token": _TOKEN, "x-gitlab-instance": "https://gitlab.example.com"}
    found = [messages.written(token, body) for body in bodies]
    found += [messages.written({**token, "idempotency-key": f"d-{place}"}, body) for place, body in enumerate(bodies)]
    return [*found, _signed(bodies[0]), messages.written(token, b'{"object_kind": "push", "project_id": 3}')]


def _signed(body: bytes) -> bytes:
    stamp = str(int(NOW.timestamp()))
    digest = hmac.digest(_KEY, b".".join((b"d-9", stamp.encode(), body)), hashlib.sha256)
    signature = f"v1,{base64.b64encode(digest).decode()} v2,x"
    headers = {"webhook-id": "d-9", "webhook-timestamp": stamp, "webhook-signature": signature}
    return messages.written(headers, body)


class Webhook:
    """`hook` with a token and a signing key, and an outbox that nobody empties but this."""

    def __init__(self, scratch: Path, alarm: Alarm) -> None:
        (scratch / "token").write_text(_TOKEN)
        (scratch / "signing-key").write_text(f"whsec_{base64.b64encode(_KEY).decode()}")
        own = metrics()
        self._outbox = Outbox(lambda _body: 204, own, {})
        self._door = Door(Hook(HookSecrets(scratch), self._outbox.put, own, lambda: NOW), own, alarm)

    def __call__(self, data: bytes) -> int:
        """How far `data` came: forged, refused, taken, or sent."""
        answer = self._door.ask(messages.read(data))
        sent = list(self._sent())
        for body in sent:
            _check(body)
        return 3 if sent else {401: 0, 204: 2}.get(answer.status, 1)

    def _sent(self) -> list[bytes]:
        waiting: Any = self._outbox._waiting
        return [waiting.get_nowait() for _ in range(waiting.qsize())]


def _check(body: bytes) -> None:
    try:
        for event in read_events(Request("POST", "/", _STRUCTURED, body)):
            job_changed(event)
    except HookrunnerError as error:
        raise Broken("rule", f"what was sent cannot be received: {error}") from error
