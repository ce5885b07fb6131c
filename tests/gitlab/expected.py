"""Answers that the tests of REST expect, in parts."""

from tests.gitlab.calls import Json

URL = "http://gitlab.example.com"
AT = "2026-11-24T08:00:00.000Z"


def user(name: str, number: int) -> dict[str, Json]:
    """Return a user as a job carries it."""
    return {
        "id": number,
        "username": name,
        "name": name.title(),
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{URL}/{name}",
        "created_at": "2015-12-21T13:14:24.077Z",
        "bio": "",
        "location": "",
        "public_email": "",
        "linkedin": "",
        "twitter": "",
        "discord": "",
        "website_url": "",
        "github": "",
        "job_title": "",
        "pronouns": None,
        "organization": "",
        "bot": False,
        "work_information": None,
        "followers": 0,
        "following": 0,
        "local_time": None,
    }


PROJECT_NAMES: dict[str, Json] = {
    "id": 1,
    "description": None,
    "name": "api",
    "name_with_namespace": "platform / build / api",
    "path": "api",
    "path_with_namespace": "platform/build/api",
    "created_at": AT,
}
RUNNER: dict[str, Json] = {
    "id": 1,
    "description": "runner-1",
    "ip_address": None,
    "active": True,
    "paused": False,
    "is_shared": True,
    "runner_type": "instance_type",
    "name": None,
    "online": True,
    "created_at": AT,
    "status": "online",
    "job_execution_status": "active",
}
MANAGER: Json = {
    "id": 1,
    "system_id": "s_000000000001",
    "version": "19.4.0",
    "revision": "00000000",
    "platform": "linux",
    "architecture": "amd64",
    "created_at": AT,
    "contacted_at": AT,
    "ip_address": "127.0.0.1",
    "status": "online",
    "job_execution_status": "active",
}


def basic_job(sha: str) -> dict[str, Json]:
    """Return the running job of `sha`'s pipeline, as far as every list of jobs shows it."""
    return {
        "id": 1,
        "status": "running",
        "stage": "build",
        "name": "compile",
        "ref": "main",
        "tag": False,
        "coverage": None,
        "allow_failure": False,
        "created_at": AT,
        "started_at": "2026-11-24T08:00:01.500Z",
        "finished_at": None,
        "erased_at": None,
        "duration": 30.0,
        "queued_duration": 1.5,
        "user": user("root", 1),
        "commit": {
            "id": sha,
            "short_id": sha[:8],
            "created_at": AT,
            "parent_ids": [],
            "title": "Change something",
            "message": "Change something\n",
            "author_name": "Administrator",
            "author_email": "admin@example.com",
            "authored_date": AT,
            "committer_name": "Administrator",
            "committer_email": "admin@example.com",
            "committed_date": AT,
            "trailers": {},
            "extended_trailers": {},
            "web_url": f"{URL}/platform/build/api/-/commit/{sha}",
        },
        "pipeline": {
            "id": 1,
            "iid": 1,
            "project_id": 1,
            "sha": sha,
            "ref": "main",
            "status": "running",
            "source": "push",
            "created_at": AT,
            "updated_at": AT,
            "web_url": f"{URL}/platform/build/api/-/pipelines/1",
        },
        "web_url": f"{URL}/platform/build/api/-/jobs/1",
        "project": {"ci_job_token_scope_enabled": False},
    }
