"""What GitLab answers to reading: the fake one, or a real one.

With GITLAB_URL, GITLAB_TOKEN (scope `read_api`) and GITLAB_PROJECT (a project's full path, in a group, best with jobs)
in the environment these tests ask that GitLab instead. They only read.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple, cast
from urllib.parse import quote

import httpx
import pytest

from tests.gitlab import documented
from tests.gitlab.calls import Json
from tests.gitlab.documented import Shape, differences
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Status
from tests.gitlab.server import serve

_KEYSET = {"pagination": "keyset", "order_by": "id", "sort": "desc", "per_page": "2"}


class Target(NamedTuple):
    """A GitLab to ask; `strict` wants nothing in an answer that is not documented."""

    url: str
    token: str
    project: str
    strict: bool

    @property
    def group(self) -> str:
        """Return the project's group."""
        return self.project.rpartition("/")[0]

    def get(self, path: str, query: dict[str, str] | None = None, token: str | None = None) -> httpx.Response:
        """Ask for a path below /api/v4."""
        headers = {"PRIVATE-TOKEN": self.token if token is None else token}
        return httpx.get(f"{self.url}/api/v4/{path}", params=query, headers=headers, timeout=30)

    def jobs(self, query: dict[str, str] | None = None) -> httpx.Response:
        """Ask for the project's jobs."""
        return self.get(f"projects/{quote(self.project, safe='')}/jobs", query)

    def graphql(self, query: str, token: str | None = None) -> httpx.Response:
        """Ask by GraphQL."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return httpx.post(f"{self.url}/api/graphql", json={"query": query}, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """Take the GitLab that the environment names, else a fake one with jobs in several states."""
    if "GITLAB_URL" in os.environ:
        names = ("GITLAB_URL", "GITLAB_TOKEN", "GITLAB_PROJECT")
        url, token, project = (os.environ[name] for name in names)
        yield Target(url.rstrip("/"), token, project, strict=False)
        return
    fake = _populated()
    with serve(fake) as url:
        yield Target(url, fake.admin.value, "platform/build/api", strict=True)


def _populated() -> GitLab:
    fake = GitLab()
    build = fake.instance.add_group("build", fake.instance.add_group("platform"))
    tools = fake.instance.add_group("tools")
    project = fake.instance.add_project("api", build, shared_with=[tools])
    runners = [fake.instance.add_runner(tags=["k8s"]), fake.instance.add_runner(projects=[project], groups=[build])]
    fake.instance.add_jobs(project, 3, tags=["k8s"])
    for runner in runners:
        for status in (Status.RUNNING, Status.FAILED, Status.SUCCESS):
            fake.instance.add_job(project, status=status, runner=runner)
    return fake


def _found(answer: httpx.Response, shape: Shape, target: Target) -> list[str]:
    assert answer.status_code == 200, answer.text
    return list(differences(cast("Json", answer.json()), shape, strict=target.strict))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        pytest.param("version", documented.VERSION, id="version"),
        pytest.param("metadata", documented.METADATA, id="metadata"),
        pytest.param("user", documented.CURRENT_USER, id="user"),
        pytest.param("projects/{project}", documented.PROJECT, id="project"),
        pytest.param("projects/{project}/jobs", [documented.JOB], id="jobs of a project"),
        pytest.param("projects/{project}/jobs?scope[]=pending", [documented.JOB], id="pending jobs"),
        pytest.param("groups/{group}/projects", [documented.PROJECT], id="projects of a group"),
        pytest.param("groups/{group}/projects?simple=true", [documented.PROJECT_SIMPLE], id="the same, in short"),
    ],
)
def test_shape(target: Target, path: str, shape: Shape) -> None:
    """Every documented field is there, with its type."""
    filled = path.format(project=quote(target.project, safe=""), group=quote(target.group, safe=""))

    assert _found(target.get(filled), shape, target) == []


def test_shape_of_runners(target: Target) -> None:
    """The runners that took the project's jobs, and their jobs, are as documented."""
    runners = {job["runner"]["id"] for job in target.jobs({"per_page": "100"}).json() if job["runner"]}

    for number in sorted(runners)[:3]:
        assert _found(target.get(f"runners/{number}"), documented.RUNNER_DETAILS, target) == []
        assert _found(target.get(f"runners/{number}/jobs"), [documented.RUNNER_JOB], target) == []


def test_scopes(target: Target) -> None:
    """A list of pending and running jobs holds no other, the newest first."""
    jobs = target.jobs({"scope[]": "pending"}).json() + target.jobs({"scope": "running"}).json()
    listed = target.get(f"projects/{quote(target.project, safe='')}/jobs?scope[]=pending&scope[]=running").json()

    assert {job["status"] for job in listed} <= {"pending", "running"}
    assert len(listed) <= len(jobs)
    assert [job["id"] for job in listed] == sorted((job["id"] for job in listed), reverse=True)


def test_offset_pages(target: Target) -> None:
    """A page of jobs says which it is and is not counted."""
    headers = target.jobs({"per_page": "1000"}).headers

    assert (headers["x-per-page"], headers["x-page"]) == ("100", "1")
    assert not {"x-total", "x-total-pages"} & set(headers)


def test_keyset_pages(target: Target) -> None:
    """Keyset pages lead from one to the next, and have no page numbers."""
    first = target.jobs(_KEYSET)
    assert "x-page" not in first.headers
    seen = [job["id"] for job in first.json()]
    if "next" in first.links:
        second = httpx.get(first.links["next"]["url"], headers={"PRIVATE-TOKEN": target.token}, timeout=30)
        seen += [job["id"] for job in second.json()]

    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize(
    ("path", "query", "token", "status", "expected"),
    [
        pytest.param("projects/0", {}, None, 404, {"message": "404 Project Not Found"}, id="no project"),
        pytest.param("groups/0/projects", {}, None, 404, {"message": "404 Group Not Found"}, id="no group"),
        pytest.param("runners/0", {}, None, 404, {"message": "404 Not found"}, id="no runner"),
        pytest.param("projects/0/jobs", {}, "glpat-wrong", 401, {"message": "401 Unauthorized"}, id="bad token"),
        pytest.param("version", {}, "", 401, {"message": "401 Unauthorized"}, id="no token"),
        pytest.param(
            "projects/{project}/jobs",
            {"scope[]": "nonsense"},
            None,
            400,
            {"error": "scope does not have a valid value"},
            id="no such status",
        ),
        pytest.param(
            "projects/{project}/jobs",
            {**_KEYSET, "sort": "asc"},
            None,
            405,
            {"error": "Keyset pagination is not yet available for this type of request"},
            id="keyset, ascending",
        ),
    ],
)
def test_refusal(
    target: Target, *, path: str, query: dict[str, str], token: str | None, status: int, expected: dict[str, str]
) -> None:
    """What cannot be answered is refused with these words."""
    answer = target.get(path.format(project=quote(target.project, safe="")), query, token)

    assert (answer.status_code, answer.json()) == (status, expected)


def test_graphql(target: Target) -> None:
    """The caller, the score, and a count that stops at 1001."""
    answer = target.graphql(
        "{ currentUser { id username } queryComplexity { score limit } jobs(statuses: [PENDING]) { count } }"
    )
    shape: Shape = {
        "data": {
            "currentUser": {"id": "string", "username": "string"},
            "queryComplexity": {"score": "integer", "limit": "integer"},
            "jobs": {"count": "integer"},
        }
    }

    assert _found(answer, shape, target) == []
    assert 0 <= answer.json()["data"]["jobs"]["count"] <= 1001


def test_graphql_jobs(target: Target) -> None:
    """Jobs of the whole instance, as an admin sees them; others see an empty list."""
    fields = "id name status tags createdAt queuedAt startedAt queuedDuration project { id fullPath } runner { id }"
    selection = f"nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }}"
    answer = target.graphql(f"{{ jobs(statuses: [PENDING, RUNNING], first: 5) {{ {selection} }} }}")
    node: Shape = {
        "id": "string",
        "name": "string",
        "status": "string",
        "tags": ["string"],
        "createdAt": "string",
        "queuedAt": "string",
        "startedAt": "string",
        "queuedDuration": "number",
        "project": {"id": "string", "fullPath": "string"},
        "runner": {"id": "string"},
    }
    shape: Shape = {"data": {"jobs": {"nodes": [node], "pageInfo": {"hasNextPage": "boolean", "endCursor": "string"}}}}

    assert _found(answer, shape, target) == []


def test_graphql_refusals(target: Target) -> None:
    """A bad token, a query that is too complex, and a runner's jobs that are not pending."""
    bad = target.graphql("{ currentUser { id } }", token="glpat-wrong")
    assert (bad.status_code, bad.json()) == (401, {"errors": [{"message": "Invalid token"}]})

    many = " ".join(f"j{number}: jobs {{ count }}" for number in range(100))
    message = target.graphql(f"{{ {many} }}").json()["errors"][0]["message"]
    assert message.startswith("Query has complexity of ")
    assert ", which exceeds max complexity of " in message

    query = '{ jobs(statuses: [RUNNING], compatibleRunnerId: "gid://gitlab/Ci::Runner/1") { count } }'
    assert target.graphql(query).json()["errors"][0]["message"] == (
        'compatibleRunnerId can only be used when the `statuses` argument is set to "PENDING"'
    )


@pytest.mark.parametrize(
    ("value", "shape", "found"),
    [
        pytest.param({"id": 1, "name": "a"}, {"id": "integer", "name": "string"}, [], id="same"),
        pytest.param({"id": True}, {"id": "integer"}, ["$.id is True, no integer"], id="a boolean is no number"),
        pytest.param({"id": None}, {"id": "integer"}, ["$.id is None, no integer"], id="an id is never null"),
        pytest.param({"url": None}, {"url": "string"}, [], id="much may be null"),
        pytest.param({}, {"id": "integer", "url?": "string"}, ["$.id is missing"], id="missing"),
        pytest.param({"x": 1}, {}, ["$.x is not documented"], id="not documented"),
        pytest.param([{"id": "1"}], [{"id": "integer"}], ["$[0].id is '1', no integer"], id="in a list"),
        pytest.param({}, ["string"], ["$ is {}, no array"], id="no list"),
        pytest.param({"a": []}, {"a": {"id": "integer"}}, ["$.a is [], no object"], id="no object"),
    ],
)
def test_differences(value: Json, shape: Shape, found: list[str]) -> None:
    """What differs is named with its path."""
    assert list(differences(value, shape, strict=True)) == found
