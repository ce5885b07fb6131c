"""The hook function: GitLab's job events to CloudEvents."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.errors import BadRequest, Unauthorized
from function.hook import MAX_REMEMBERED, Hook
from function.hooksecrets import HookSecrets
from function.http import Request
from function.metrics import Metrics
from tests.support import jobhooks

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PENDING = jobhooks.PENDING | {"user": {"name": "not read"}}
RUNNING = PENDING | {
    "build_status": "running",
    "build_started_at": "2026-11-24T07:59:30Z",
    "runner": {"id": 41, "tags": ["linux", "docker"]},
}


class Sent:
    """Takes events, up to `room`."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.events: list[dict[str, Any]] = []
        self.room = room

    def __call__(self, event: dict[str, Any]) -> bool:
        """Takes one."""
        if len(self.events) >= self.room:
            return False
        self.events.append(event)
        return True


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of the test's own."""
    return CollectorRegistry()


def make_hook(tmp_path: Path, sent: Sent, registry: CollectorRegistry) -> Hook:
    """A hook that takes the token `s3cret`."""
    (tmp_path / "token").write_text("s3cret")
    return Hook(HookSecrets(tmp_path), sent, Metrics(registry), lambda: NOW)


def delivery(payload: object, method: str = "POST", **headers: str) -> Request:
    """A genuine delivery; a header that is given as the empty string is left out."""
    named = {"x_gitlab_token": "s3cret", "idempotency_key": "d-1", "x_gitlab_instance": "https://gitlab.example.com"}
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in (named | headers).items() if text]
    return Request(method, "/", raw, payload if isinstance(payload, bytes) else json.dumps(payload).encode())


def event(**changes: object) -> dict[str, Any]:
    """The event of PENDING, with these changes."""
    return {
        "specversion": "1.0",
        "type": "dev.hookrunner.job.changed.v1",
        "source": "https://gitlab.example.com/projects/3",
        "id": "d-1",
        "subject": "3/7",
        "time": "2026-11-24T07:59:00Z",
        "dataschema": "https://hookrunner.dev/schemas/dev.hookrunner.job.changed.v1.json",
        "datacontenttype": "application/json",
        "data": {"status": "pending", "projectId": 3, "jobId": 7, "queuedSeconds": 1.5},
        **changes,
    }


RUNNING_DATA = {"status": "running", "projectId": 3, "jobId": 7, "tags": ("linux", "docker"), "queuedSeconds": 1.5}
FINISHED = PENDING | {"build_status": "failed", "build_finished_at": "2026-11-24 07:59:59 +0000"}
EVENTS = {
    "pending": (PENDING, {}, event()),
    "running": (RUNNING, {}, event(time="2026-11-24T07:59:30Z", data=RUNNING_DATA)),
    "finished": (FINISHED, {}, event(time="2026-11-24T07:59:59Z", data=event()["data"] | {"status": "failed"})),
    "a time that cannot be read": (PENDING | {"build_created_at": "today"}, {}, event(time="2026-11-24T08:00:00Z")),
    "no time": (PENDING | {"build_created_at": None}, {}, event(time="2026-11-24T08:00:00Z")),
    "a signed delivery's id": (PENDING, {"idempotency_key": "", "webhook_id": "w-1"}, event(id="w-1")),
    "an id of a length that no GitLab sends": (PENDING, {"idempotency_key": "d" * 201}, event(id="3/7/pending")),
    "an older GitLab": (
        PENDING,
        {"idempotency_key": "", "x_gitlab_instance": ""},
        event(id="3/7/pending", source="/gitlab/projects/3"),
    ),
    "an instance that is no URL": (PENDING, {"x_gitlab_instance": "javascript:x"}, event(source="/gitlab/projects/3")),
}


@pytest.mark.parametrize(("payload", "headers", "wanted"), EVENTS.values(), ids=EVENTS)
async def test_a_job_event_becomes_a_cloudevent(
    tmp_path: Path, registry: CollectorRegistry, payload: object, headers: dict[str, str], wanted: dict[str, Any]
) -> None:
    """The whole event is as documented, and the answer has no body."""
    sent = Sent()

    answer = await make_hook(tmp_path, sent, registry)(delivery(payload, **headers))

    assert (answer.status, answer.body, sent.events) == (204, b"", [wanted])


OUTCOMES = {
    "a job event": ([delivery(PENDING)], ["accepted"]),
    "a replay": ([delivery(PENDING), delivery(PENDING)], ["accepted", "duplicate"]),
    "the next status": ([delivery(PENDING), delivery(RUNNING, idempotency_key="d-2")], ["accepted", "accepted"]),
    "a push event": ([delivery({"object_kind": "push"})], ["ignored"]),
    "a note without a project": ([delivery({"object_kind": "note", "project_id": None})], ["ignored"]),
    "another event's runner": ([delivery({"object_kind": "push", "runner": "r"})], ["ignored"]),
    "a kind that is no text": ([delivery({"object_kind": 5, "build_status": 5})], ["ignored"]),
    "no kind": ([delivery({"event_name": "project_create", "project_id": "3"})], ["ignored"]),
    "no room": ([delivery(PENDING, idempotency_key=f"d-{n}") for n in range(4)], ["accepted"] * 3 + ["dropped"]),
}


@pytest.mark.parametrize(("deliveries", "outcomes"), OUTCOMES.values(), ids=OUTCOMES)
async def test_what_is_genuine_gets_204_whatever_becomes_of_it(
    tmp_path: Path, registry: CollectorRegistry, deliveries: list[Request], outcomes: list[str]
) -> None:
    """GitLab disables a hook that fails; the metric tells the outcomes apart."""
    hook = make_hook(tmp_path, Sent(room=3), registry)

    statuses = [(await hook(request)).status for request in deliveries]

    counted = {name: registry.get_sample_value("hookrunner_hooks_total", {"outcome": name}) for name in set(outcomes)}
    assert (statuses, counted) == ([204] * len(deliveries), {name: outcomes.count(name) for name in set(outcomes)})


REFUSED = {
    "forged": (delivery(PENDING, x_gitlab_token="guess"), Unauthorized, "forged"),
    "not JSON": (delivery(b"{"), BadRequest, "malformed"),
    "not an object": (delivery([]), BadRequest, "malformed"),
    "a status that is no text": (delivery(PENDING | {"build_status": 5}), BadRequest, "malformed"),
    "deeply nested": (delivery(b'{"runner":' * 100_000), BadRequest, "malformed"),
}


@pytest.mark.parametrize(("request_", "error", "outcome"), REFUSED.values(), ids=REFUSED)
async def test_what_is_not_genuine_or_malformed_is_refused(
    tmp_path: Path, registry: CollectorRegistry, request_: Request, error: type[BadRequest], outcome: str
) -> None:
    """Nothing is sent, and it is counted."""
    sent = Sent()

    with pytest.raises(error):
        await make_hook(tmp_path, sent, registry)(request_)

    assert (sent.events, registry.get_sample_value("hookrunner_hooks_total", {"outcome": outcome})) == ([], 1)


async def test_other_methods_are_answered_405(tmp_path: Path, registry: CollectorRegistry) -> None:
    """The answer names what is allowed."""
    answer = await make_hook(tmp_path, Sent(), registry)(delivery(PENDING, method="GET"))

    assert (answer.status, answer.headers) == (405, ((b"allow", b"POST"),))


async def test_the_memory_of_deliveries_is_bounded(tmp_path: Path, registry: CollectorRegistry) -> None:
    """The oldest is forgotten first; a replay of it is sent again, which the scaler can bear."""
    sent = Sent()
    hook = make_hook(tmp_path, sent, registry)
    for number in range(MAX_REMEMBERED + 1):
        await hook(delivery(PENDING, idempotency_key=f"d-{number}"))

    await hook(delivery(PENDING, idempotency_key=f"d-{MAX_REMEMBERED}"))
    await hook(delivery(PENDING, idempotency_key="d-0"))

    assert len(sent.events) == MAX_REMEMBERED + 2
