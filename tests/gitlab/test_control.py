"""The control endpoint: what each command does and answers."""

import json
from typing import cast

import httpx
import pytest

from tests.gitlab import control
from tests.gitlab.calls import Call, Json
from tests.gitlab.clock import START, SimulatedClock
from tests.gitlab.faults import Fault
from tests.gitlab.fixtures import Served
from tests.gitlab.gitlab import GitLab


@pytest.fixture
def fake() -> GitLab:
    """Make a GitLab with a project and a runner."""
    fake = GitLab(SimulatedClock())
    fake.instance.add_project("api", fake.instance.add_group("platform"))
    fake.instance.add_runner()
    return fake


def do(fake: GitLab, *commands: Json) -> tuple[int, Json]:
    """Post one command, or several as a list; return status and body."""
    body = json.dumps(commands[0] if len(commands) == 1 else commands).encode()
    answer = control.answer(Call("POST", control.PATH, body=body), fake)
    return answer.status, cast("Json", json.loads(answer.body))


def test_jobs(fake: GitLab) -> None:
    """Jobs come and move; a list of commands is answered with a list."""
    assert do(
        fake,
        {"do": "add_jobs", "project": "platform/api", "count": 3, "tags": ["k8s"]},
        {"do": "move", "project": "platform/api", "from": "pending", "to": "running", "count": 1, "runner": 1},
        {"do": "move", "project": "1", "from": "pending", "to": "canceled"},
    ) == (200, [{"jobs": [1, 2, 3]}, {"jobs": [1]}, {"jobs": [2, 3]}])
    assert [(job.status.value, job.tags, job.runner and job.runner.id) for job in fake.instance.jobs] == [
        ("running", ("k8s",), 1),
        ("canceled", ("k8s",), None),
        ("canceled", ("k8s",), None),
    ]


def test_state(fake: GitLab) -> None:
    """GET tells how many jobs there are by project and status."""
    do(fake, {"do": "add_jobs", "project": "platform/api", "count": 2})
    do(fake, {"do": "project", "path": "tools/lint", "jobs": [{"count": 1, "status": "running"}]})

    assert json.loads(control.answer(Call("GET", control.PATH), fake).body) == {
        "platform/api": {"pending": 2},
        "tools/lint": {"running": 1},
    }


def test_project(fake: GitLab) -> None:
    """A project comes with the groups above it."""
    assert do(fake, {"do": "project", "path": "a/b/c", "archived": True}) == (200, {"project": 2})
    assert (fake.instance.projects[2].full_path, fake.instance.projects[2].archived) == ("a/b/c", True)


def test_runner(fake: GitLab) -> None:
    """A runner can be paused and taken off line."""
    expected = {"runner": 1, "paused": True, "online": False}

    assert do(fake, {"do": "runner", "id": 1, "paused": True, "online": False}) == (200, expected)
    assert (fake.instance.runners[1].paused, fake.instance.runners[1].online) == (True, False)


@pytest.mark.parametrize(
    ("settings", "status", "fault"),
    [
        pytest.param({"kind": "slow", "seconds": 2}, None, Fault(delay=2), id="slow"),
        pytest.param({"kind": "status", "status": 500, "times": 1}, 500, Fault(times=0), id="status"),
        pytest.param({"kind": "html", "status": 502}, 502, Fault(), id="html"),
        pytest.param({"kind": "cut", "keep": 0.1}, None, Fault(keep=0.1), id="cut"),
        pytest.param({"kind": "drop", "keep": 0}, None, Fault(keep=0, honest=False), id="drop"),
        pytest.param({"kind": "redirect", "location": "http://x/"}, 302, Fault(), id="redirect"),
        pytest.param({"kind": "too_many_json"}, 429, Fault(), id="429 as JSON"),
        pytest.param({"kind": "too_many_text", "seconds": 5}, 429, Fault(), id="429 as text"),
    ],
)
def test_fault(fake: GitLab, settings: dict[str, Json], status: int | None, fault: Fault) -> None:
    """Each kind of fault can be switched on, and all of them off."""
    call = Call("GET", "/api/v4/projects/1/jobs")
    assert do(fake, {"do": "fault", "path": "/jobs$", **settings}) == (200, {"fault": settings["kind"]})
    taken = fake.faults.take(call)

    assert taken is not None
    assert (taken.answer.status if taken.answer else None) == status
    assert (taken.times, taken.delay, taken.keep, taken.honest) == (fault.times, fault.delay, fault.keep, fault.honest)
    assert fake.faults.take(Call("GET", "/api/v4/version")) is None
    do(fake, {"do": "clear_faults"})
    assert fake.faults.take(call) is None


def test_limit(fake: GitLab) -> None:
    """An endpoint's limit and the general one can be set, the latter off too."""
    assert do(
        fake,
        {"do": "limit", "endpoint": "jobs_index", "per_minute": 10},
        {"do": "limit", "per_minute": 5},
    ) == (200, [{"per_minute": 10}, {"per_minute": 5}])
    assert (fake.limits.per_minute["jobs_index"], fake.limits.general) == (10, (5, 60))
    do(fake, {"do": "limit", "per_minute": 0})
    assert fake.limits.general is None


def test_calls(fake: GitLab) -> None:
    """Requests are counted by path, and since a time."""
    for path in ("/api/v4/projects/1/jobs", "/api/v4/projects/1/jobs", "/api/v4/version"):
        fake.record.add(Call("GET", path), 200, START)

    assert do(fake, {"do": "calls"}, {"do": "calls", "path": "/jobs$"}, {"do": "calls", "since": START + 1}) == (
        200,
        [
            {"calls": 3, "by_path": {"/api/v4/projects/1/jobs": 2, "/api/v4/version": 1}},
            {"calls": 2, "by_path": {"/api/v4/projects/1/jobs": 2}},
            {"calls": 0, "by_path": {}},
        ],
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param({"do": "dance"}, "Invalid value 'dance' - at `$.do`", id="command"),
        pytest.param({"do": "add_jobs"}, "Object missing required field `project`", id="missing"),
        pytest.param(
            {"do": "add_jobs", "project": "1", "number": 1}, "Object contains unknown field `number`", id="extra"
        ),
        pytest.param({"do": "add_jobs", "project": "a/b"}, "there is no project 'a/b'", id="project"),
        pytest.param(
            {"do": "limit", "endpoint": "x", "per_minute": 1},
            "there is no endpoint 'x': it is one of jobs_index, group_projects_api, project_api",
            id="endpoint",
        ),
    ],
)
def test_no_good(fake: GitLab, command: Json, message: str) -> None:
    """What cannot be done is answered with 400 and why."""
    assert do(fake, command) == (400, {"error": message})


def test_over_http(gitlab: Served) -> None:
    """It is outside the API: without a token, without faults, and not recorded."""
    gitlab.gitlab.faults.status(500, path="")
    added = httpx.post(f"{gitlab.url}/__control", json={"do": "project", "path": "platform/api"})

    assert (added.status_code, added.json()) == (200, {"project": 1})
    assert httpx.get(f"{gitlab.url}/__control").json() == {"platform/api": {}}
    assert gitlab.gitlab.record.calls == []
