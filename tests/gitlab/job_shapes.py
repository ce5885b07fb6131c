"""Jobs as GitLab's REST API shows them (docs: api/jobs, list project jobs; api/runners, list a runner's jobs)."""

from tests.gitlab.calls import Json
from tests.gitlab.clock import stamp
from tests.gitlab.model import Job, Pipeline, Status
from tests.gitlab.project_shapes import project_identity
from tests.gitlab.runner_shapes import runner, runner_manager
from tests.gitlab.user_shapes import user


def job(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return a job as `GET /projects/:id/jobs` lists it (docs: api/jobs)."""
    return {
        **job_basic(value, now, url),
        "archived": value.project.archived,
        "source": value.pipeline.source,
        "artifacts": [],
        "artifacts_expire_at": None,
        "runner": None if value.runner is None else runner(value.runner),
        "runner_manager": None if value.runner is None else runner_manager(value.runner),
        "tag_list": list(value.tags),
    }


def job_basic(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return what every list of jobs has in common."""
    shape: dict[str, Json] = {
        "id": value.id,
        "status": value.status.value,
        "stage": value.stage,
        "name": value.name,
        "ref": value.pipeline.ref,
        "tag": False,
        "coverage": None,
        "allow_failure": False,
        "created_at": stamp(value.created_at),
        "started_at": stamp(value.started_at),
        "finished_at": stamp(value.finished_at),
        "erased_at": None,
        "duration": value.ran(now),
        "queued_duration": value.queued(now),
        "user": user(value.user, url),
        "commit": commit(value.pipeline, url),
        "pipeline": pipeline(value.pipeline, url),
        "web_url": f"{url}/{value.project.full_path}/-/jobs/{value.id}",
        "project": {"ci_job_token_scope_enabled": False},
    }
    if value.status is Status.FAILED:
        shape["failure_reason"] = value.failure_reason
    return shape


def runner_job(value: Job, now: float, url: str) -> dict[str, Json]:
    """Return a job as `GET /runners/:id/jobs` does: with its project, without tags (docs: api/runners)."""
    return {**job_basic(value, now, url), "project": project_identity(value.project)}


def pipeline(value: Pipeline, url: str) -> dict[str, Json]:
    """Return a job's pipeline (docs: api/jobs, api/pipelines)."""
    created = stamp(value.created_at)
    return {
        "id": value.id,
        "iid": value.iid,
        "project_id": value.project.id,
        "sha": value.sha,
        "ref": value.ref,
        "status": value.status,
        "source": value.source,
        "created_at": created,
        "updated_at": created,
        "web_url": f"{url}/{value.project.full_path}/-/pipelines/{value.id}",
    }


def commit(value: Pipeline, url: str) -> dict[str, Json]:
    """Return the commit that a pipeline tests (docs: api/jobs, api/commits)."""
    created = stamp(value.created_at)
    return {
        "id": value.sha,
        "short_id": value.sha[:8],
        "created_at": created,
        "parent_ids": [],
        "title": "Change something",
        "message": "Change something\n",
        "author_name": "Administrator",
        "author_email": "admin@example.com",
        "authored_date": created,
        "committer_name": "Administrator",
        "committer_email": "admin@example.com",
        "committed_date": created,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{url}/{value.project.full_path}/-/commit/{value.sha}",
    }
