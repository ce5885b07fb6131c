"""REST answers, whole, against the shapes of GitLab's documentation (pages api/jobs, api/runners, api/projects …)."""

from typing import cast

import pytest

from tests.gitlab import expected
from tests.gitlab.asking import body, get
from tests.gitlab.calls import Json
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Status


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `fake`."""
    return SimulatedClock()


@pytest.fixture
def fake(clock: SimulatedClock) -> GitLab:
    """Make a GitLab with a project in a subgroup."""
    fake = GitLab(clock)
    build = fake.instance.add_group("build", fake.instance.add_group("platform"))
    fake.instance.add_project("api", build)
    return fake


@pytest.fixture
def sha(fake: GitLab, clock: SimulatedClock) -> str:
    """Add a job that waited 1.5 s and has been running on a runner for 30 s; return its commit."""
    runner = fake.instance.add_runner(tags=["k8s", "arm"])
    job = fake.instance.add_job(fake.instance.projects[1], tags=["k8s", "arm"], name="compile", stage="build")
    clock.advance(1.5)
    fake.instance.move(job, Status.RUNNING, runner=runner)
    clock.advance(30)
    return job.pipeline.sha


def test_project_jobs(fake: GitLab, sha: str) -> None:
    """A job of a project: with its runner and its tags, in alphabetical order."""
    assert body(get(fake, "projects/1/jobs")) == [
        {
            **expected.basic_job(sha),
            "archived": False,
            "source": "push",
            "artifacts": [],
            "artifacts_expire_at": None,
            "runner": expected.RUNNER,
            "runner_manager": expected.MANAGER,
            "tag_list": ["arm", "k8s"],
        }
    ]


def test_pending_job(fake: GitLab, clock: SimulatedClock) -> None:
    """A job that waits has no runner yet, and its time in the queue grows."""
    fake.instance.add_job(fake.instance.projects[1])
    clock.advance(12.25)
    job = cast("list[dict[str, Json]]", body(get(fake, "projects/1/jobs")))[0]

    names = ("status", "runner", "runner_manager", "tag_list", "started_at", "duration", "queued_duration")
    assert {name: job[name] for name in names} == {
        "status": "pending",
        "runner": None,
        "runner_manager": None,
        "tag_list": [],
        "started_at": None,
        "duration": None,
        "queued_duration": 12.25,
    }


def test_only_a_failed_job_has_a_reason(fake: GitLab) -> None:
    """The field is there when the job failed, and only then."""
    jobs = fake.instance.add_jobs(fake.instance.projects[1], 2, status=Status.RUNNING)
    fake.instance.move(jobs[0], Status.FAILED, failure_reason="stuck_or_timeout_failure")
    fake.instance.move(jobs[1], Status.SUCCESS)

    listed = cast("list[dict[str, Json]]", body(get(fake, "projects/1/jobs")))
    assert [job.get("failure_reason", "no field") for job in listed] == ["no field", "stuck_or_timeout_failure"]


def test_runner_jobs(fake: GitLab, sha: str) -> None:
    """A job of a runner: with its project, without runner and tags; pending ones are nobody's yet."""
    fake.instance.add_job(fake.instance.projects[1], tags=["k8s"])

    assert body(get(fake, "runners/1/jobs", token=fake.admin.value)) == [
        {**expected.basic_job(sha), "project": expected.PROJECT_NAMES}
    ]


def test_runner_details(fake: GitLab, sha: str) -> None:
    """A runner's details, as anybody sees those of an instance runner."""
    assert sha
    assert body(get(fake, "runners/1")) == {
        **expected.RUNNER,
        "tag_list": ["arm", "k8s"],
        "run_untagged": True,
        "locked": False,
        "maximum_timeout": None,
        "access_level": "not_protected",
        "version": "19.4.0",
        "revision": "00000000",
        "platform": "linux",
        "architecture": "amd64",
        "contacted_at": expected.AT,
        "maintenance_note": None,
        "projects": [],
        "groups": [],
    }


@pytest.mark.parametrize(
    ("online", "paused", "busy", "states"),
    [
        pytest.param(True, False, False, ("online", True, "idle"), id="idle"),
        pytest.param(True, False, True, ("online", True, "active"), id="busy"),
        pytest.param(False, False, False, ("offline", True, "idle"), id="offline"),
        pytest.param(True, True, True, ("paused", False, "active"), id="paused, still busy"),
    ],
)
def test_runner_states(fake: GitLab, *, online: bool, paused: bool, busy: bool, states: tuple[object, ...]) -> None:
    """What a runner does shows in three fields."""
    runner = fake.instance.add_runner()
    runner.online, runner.paused = online, paused
    if busy:
        fake.instance.add_job(fake.instance.projects[1], status=Status.RUNNING, runner=runner)

    shown = cast("dict[str, Json]", body(get(fake, "runners/1")))
    assert (shown["status"], shown["active"], shown["job_execution_status"]) == states


def test_project(fake: GitLab) -> None:
    """A project, by its id or its encoded path."""
    fake.instance.projects[1].shared_with.append(fake.instance.add_group("tools"))
    wanted = {
        **expected.PROJECT_NAMES,
        "default_branch": "main",
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": "git@gitlab.example.com:platform/build/api.git",
        "http_url_to_repo": f"{expected.URL}/platform/build/api.git",
        "web_url": f"{expected.URL}/platform/build/api",
        "readme_url": f"{expected.URL}/platform/build/api/-/blob/main/README.md",
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": expected.AT,
        "visibility": "private",
        "namespace": {
            "id": 2,
            "name": "build",
            "path": "build",
            "kind": "group",
            "full_path": "platform/build",
            "parent_id": 1,
            "avatar_url": None,
            "web_url": f"{expected.URL}/groups/platform/build",
        },
        "_links": {"self": f"{expected.URL}/api/v4/projects/1"},
        "archived": False,
        "empty_repo": False,
        "jobs_enabled": True,
        "shared_runners_enabled": True,
        "creator_id": 1,
        "import_status": "none",
        "public_jobs": True,
        "builds_access_level": "enabled",
        "shared_with_groups": [
            {
                "group_id": 3,
                "group_name": "tools",
                "group_full_path": "tools",
                "group_access_level": 30,
                "expires_at": None,
            }
        ],
    }

    assert body(get(fake, "projects/1")) == wanted
    assert body(get(fake, "projects/platform%2Fbuild%2Fapi")) == wanted
    assert body(get(fake, "groups/platform%2Fbuild/projects")) == [wanted]


def test_simple_projects(fake: GitLab) -> None:
    """With simple=true a group's projects come with fewer fields."""
    full = cast("dict[str, Json]", body(get(fake, "projects/1")))
    cut = {"_links", "archived", "empty_repo", "jobs_enabled", "shared_runners_enabled", "creator_id"}
    cut |= {"import_status", "public_jobs", "builds_access_level", "shared_with_groups"}

    assert body(get(fake, "groups/2/projects", ("simple", "true"))) == [
        {name: value for name, value in full.items() if name not in cut}
    ]


def test_about(fake: GitLab) -> None:
    """Version, metadata and the caller; only an admin is told that it is one."""
    scaler = {**expected.user("scaler", 2), "email": "scaler@example.com"}
    root = {**expected.user("root", 1), "email": "root@example.com"}

    assert body(get(fake, "version")) == {"version": "19.4.0-ee", "revision": "00000000000"}
    assert body(get(fake, "metadata")) == {
        "version": "19.4.0-ee",
        "revision": "00000000000",
        "kas": {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None},
        "enterprise": True,
    }
    assert body(get(fake, "user")) == scaler
    assert body(get(fake, "user", token=fake.admin.value)) == {**root, "is_admin": True}
