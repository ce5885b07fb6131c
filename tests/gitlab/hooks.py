"""A job webhook as GitLab sends it: body, headers, signature.

Docs: user/project/integrations/webhook_events (job events) and user/project/integrations/webhooks (delivery headers,
signing token). `webhook-id` is the Idempotency-Key, and both stay the same when a request is sent again. A signing
token is `whsec_` and the base64 of the key; the signature is `v1,` and the base64 of the HMAC-SHA256 of
`id.timestamp.body`.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass

from tests.gitlab.calls import Json
from tests.gitlab.clock import stamp, whole_stamp
from tests.gitlab.model import Job, Pipeline, Project, Runner

_VISIBILITY = {"private": 0, "internal": 10, "public": 20}


@dataclass(frozen=True)
class Request:
    """What is posted: headers and body."""

    headers: dict[str, str]
    body: bytes


def request(
    job: Job,
    now: float,
    url: str,
    new_id: Callable[[], str],
    *,
    token: str | None = None,
    signing_token: str | None = None,
) -> Request:
    """Return the request that tells of the job's status.

    `now` is the instance's time, `url` its base URL, `new_id` makes an identifier; `token` is the hook's secret token.
    """
    body = json.dumps(payload(job, now, url), separators=(",", ":")).encode()
    key = new_id()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/19.4.0-ee",
        "Idempotency-Key": key,
        "X-Gitlab-Event": "Job Hook",
        "X-Gitlab-Webhook-UUID": new_id(),
        "X-Gitlab-Instance": url,
        "X-Gitlab-Event-UUID": new_id(),
    }
    if token is not None:
        headers["X-Gitlab-Token"] = token
    if signing_token is not None:
        headers |= signature(signing_token, key, int(now), body)
    return Request(headers, body)


def signature(signing_token: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of Standard Webhooks; `timestamp` is in seconds since the epoch."""
    key = b64decode(signing_token.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }


def payload(job: Job, now: float, url: str) -> dict[str, Json]:
    """Return the body: `runner`, and with it the tags of the runner, is null until a runner took the job."""
    pipeline = job.pipeline
    return {
        "object_kind": "build",
        "ref": pipeline.ref,
        "tag": False,
        "before_sha": "0" * 40,
        "sha": pipeline.sha,
        "build_id": job.id,
        "build_name": job.name,
        "build_stage": job.stage,
        "build_status": job.status.value,
        **_times(job),
        "build_duration": job.ran(now),
        "build_queued_duration": job.queued(now),
        "build_allow_failure": False,
        "build_failure_reason": job.failure_reason or "unknown_failure",
        "retries_count": 0,
        "pipeline_id": pipeline.id,
        "runner": None if job.runner is None else _runner(job.runner),
        "project_id": job.project.id,
        "project_name": _full_name(job.project),
        "user": {
            "id": job.user.id,
            "name": job.user.username.title(),
            "username": job.user.username,
            "avatar_url": None,
            "email": "[REDACTED]",
        },
        "commit": _commit(pipeline),
        "repository": _repository(job.project, url),
        "project": _project(job.project, url),
        "environment": None,
    }


def _times(job: Job) -> dict[str, Json]:
    times = {"created": job.created_at, "started": job.started_at, "finished": job.finished_at}
    exact: dict[str, Json] = {f"build_{name}_at": stamp(at) for name, at in times.items()}
    return exact | {f"build_{name}_at_iso": whole_stamp(at) for name, at in times.items()}


def _runner(runner: Runner) -> dict[str, Json]:
    return {
        "id": runner.id,
        "description": runner.description,
        "runner_type": runner.type,
        "active": not runner.paused,
        "is_shared": runner.type == "instance_type",
        "tags": sorted(runner.tags),
    }


def _commit(pipeline: Pipeline) -> dict[str, Json]:
    return {
        "id": pipeline.id,
        "name": None,
        "sha": pipeline.sha,
        "message": "Change something\n",
        "author_name": "Administrator",
        "author_email": "[REDACTED]",
        "author_url": "mailto:admin@example.com",
        "status": pipeline.status,
        "duration": None,
        "started_at": stamp(pipeline.created_at),
        "finished_at": None,
    }


def _repository(project: Project, url: str) -> dict[str, Json]:
    return {
        "name": project.path,
        "url": _ssh_url(project, url),
        "description": None,
        "homepage": f"{url}/{project.full_path}",
        "git_http_url": f"{url}/{project.full_path}.git",
        "git_ssh_url": _ssh_url(project, url),
        "visibility_level": _VISIBILITY[project.visibility],
    }


def _project(project: Project, url: str) -> dict[str, Json]:
    return {
        "id": project.id,
        "name": project.path,
        "description": None,
        "web_url": f"{url}/{project.full_path}",
        "avatar_url": None,
        "git_ssh_url": _ssh_url(project, url),
        "git_http_url": f"{url}/{project.full_path}.git",
        "namespace": project.group.path,
        "visibility_level": _VISIBILITY[project.visibility],
        "path_with_namespace": project.full_path,
        "default_branch": "main",
        "ci_config_path": None,
    }


def _full_name(project: Project) -> str:
    return " / ".join([*(group.path for group in reversed(project.group.lineage())), project.path])


def _ssh_url(project: Project, url: str) -> str:
    return f"git@{url.partition('://')[2]}:{project.full_path}.git"
