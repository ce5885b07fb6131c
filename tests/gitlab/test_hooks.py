"""A job webhook, whole, against GitLab's pages webhook_events (job events) and webhooks (delivery headers)."""

import json
from itertools import count

import pytest

from tests.gitlab.calls import Json
from tests.gitlab.clock import START, SimulatedClock
from tests.gitlab.hooks import payload, request, signature
from tests.gitlab.instance import Instance
from tests.gitlab.model import Job, Status

_URL = "https://gitlab.example.com"


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `instance`."""
    return SimulatedClock()


@pytest.fixture
def instance(clock: SimulatedClock) -> Instance:
    """Make an instance with a public project in a subgroup."""
    instance = Instance(clock)
    build = instance.add_group("build", instance.add_group("platform"))
    instance.add_project("api", build, visibility="public")
    return instance


def _expected(job: Job, **changed: Json) -> dict[str, Json]:
    home = f"{_URL}/platform/build/api"
    ssh = "git@gitlab.example.com:platform/build/api.git"
    return {
        "object_kind": "build",
        "ref": "main",
        "tag": False,
        "before_sha": "0000000000000000000000000000000000000000",
        "sha": job.pipeline.sha,
        "build_id": 1,
        "build_name": "test",
        "build_stage": "test",
        "build_created_at": "2026-11-24T08:00:00.000Z",
        "build_created_at_iso": "2026-11-24T08:00:00Z",
        "build_started_at": None,
        "build_started_at_iso": None,
        "build_finished_at": None,
        "build_finished_at_iso": None,
        "build_duration": None,
        "build_allow_failure": False,
        "build_failure_reason": "unknown_failure",
        "retries_count": 0,
        "pipeline_id": 1,
        "runner": None,
        "project_id": 1,
        "project_name": "platform / build / api",
        "user": {"id": 1, "name": "Root", "username": "root", "avatar_url": None, "email": "[REDACTED]"},
        "commit": {
            "id": 1,
            "name": None,
            "sha": job.pipeline.sha,
            "message": "Change something\n",
            "author_name": "Administrator",
            "author_email": "[REDACTED]",
            "author_url": "mailto:admin@example.com",
            "status": changed["build_status"],
            "duration": None,
            "started_at": "2026-11-24T08:00:00.000Z",
            "finished_at": None,
        },
        "repository": {
            "name": "api",
            "url": ssh,
            "description": None,
            "homepage": home,
            "git_http_url": f"{home}.git",
            "git_ssh_url": ssh,
            "visibility_level": 20,
        },
        "project": {
            "id": 1,
            "name": "api",
            "description": None,
            "web_url": home,
            "avatar_url": None,
            "git_ssh_url": ssh,
            "git_http_url": f"{home}.git",
            "namespace": "build",
            "visibility_level": 20,
            "path_with_namespace": "platform/build/api",
            "default_branch": "main",
            "ci_config_path": None,
        },
        "environment": None,
        **changed,
    }


def test_pending_job(instance: Instance, clock: SimulatedClock) -> None:
    """While it waits there is no runner in it, and so no tags: the job's own are never told."""
    job = instance.add_job(instance.projects[1], tags=["k8s"])
    clock.advance(2.5)

    assert payload(job, clock(), _URL) == _expected(job, build_status="pending", build_queued_duration=2.5)


def test_finished_job(instance: Instance, clock: SimulatedClock) -> None:
    """A job that ran names its runner, with the runner's tags, and its times."""
    job = instance.add_job(instance.projects[1], tags=["k8s"])
    clock.advance(2.5)
    instance.move(job, Status.RUNNING, runner=instance.add_runner(tags=["k8s", "arm"]))
    clock.advance(60)
    instance.move(job, Status.FAILED)

    assert payload(job, clock(), _URL) == _expected(
        job,
        build_status="failed",
        build_failure_reason="script_failure",
        build_queued_duration=2.5,
        build_duration=60.0,
        build_started_at="2026-11-24T08:00:02.500Z",
        build_started_at_iso="2026-11-24T08:00:02Z",
        build_finished_at="2026-11-24T08:01:02.500Z",
        build_finished_at_iso="2026-11-24T08:01:02Z",
        runner={
            "id": 1,
            "description": "runner-1",
            "runner_type": "instance_type",
            "active": True,
            "is_shared": True,
            "tags": ["arm", "k8s"],
        },
    )


def test_request(instance: Instance, clock: SimulatedClock) -> None:
    """A hook without tokens sends neither; the body is the payload."""
    job, numbers = instance.add_job(instance.projects[1]), count(1)
    made = request(job, clock(), _URL, lambda: f"id-{next(numbers)}")

    assert json.loads(made.body) == payload(job, clock(), _URL)
    assert made.headers == {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/19.4.0-ee",
        "Idempotency-Key": "id-1",
        "X-Gitlab-Event": "Job Hook",
        "X-Gitlab-Webhook-UUID": "id-2",
        "X-Gitlab-Instance": _URL,
        "X-Gitlab-Event-UUID": "id-3",
    }


def test_request_with_tokens(instance: Instance, clock: SimulatedClock) -> None:
    """The secret token is sent as it is; with a signing token the request is signed under its Idempotency-Key."""
    job = instance.add_job(instance.projects[1])
    made = request(job, clock(), _URL, lambda: "the-id", token="s3cret", signing_token="whsec_c2lnbg==")
    signed = signature("whsec_c2lnbg==", "the-id", int(START), made.body)

    assert made.headers["X-Gitlab-Token"] == "s3cret"
    assert {name: made.headers[name] for name in signed} == signed
    assert signed["webhook-id"] == made.headers["Idempotency-Key"]


def test_signature() -> None:
    """It is that of Standard Webhooks: computed once more with another program."""
    signed = signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_1", 1731705121, b'{"a":1}')

    assert signed == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,s6IicOPiUvKVhYJhFau8+vRor9tsqMKafrlXq41TjXc=",
    }
