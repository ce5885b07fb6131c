"""How GitLab's REST API refuses: status, exact body, and the order of its checks."""

import json

import pytest

from tests.gitlab.asking import body, get
from tests.gitlab.calls import Call
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab
from tests.gitlab.limits import GROUP_PROJECTS, JOBS, PROJECT, TOO_MANY
from tests.gitlab.model import Role

_NO_KEYSET = {"error": "Keyset pagination is not yet available for this type of request"}
_UNAUTHORIZED = {"message": "401 Unauthorized"}
_NOT_YOURS = {"message": "403 Forbidden - No access granted"}


@pytest.fixture
def fake() -> GitLab:
    """Make a GitLab with a group, a project, a runner of it and a guest."""
    fake = GitLab(SimulatedClock())
    group = fake.instance.add_group("platform")
    fake.instance.add_project("api", group)
    fake.instance.add_project("docs", group, jobs_enabled=False)
    fake.instance.add_runner(groups=[group])
    fake.instance.add_runner()
    guest = fake.instance.add_user("guest")
    guest.roles["platform"] = Role.GUEST
    fake.instance.add_token(guest, "guest's")
    fake.instance.add_token(fake.instance.add_user("stranger"), "stranger's")
    return fake


@pytest.mark.parametrize(
    ("path", "query", "token", "status", "expected"),
    [
        pytest.param("projects/1/jobs", {}, "", 401, _UNAUTHORIZED, id="no token"),
        pytest.param("version", {}, "", 401, _UNAUTHORIZED, id="no token, version"),
        pytest.param("projects/9/jobs", {}, None, 404, {"message": "404 Project Not Found"}, id="project"),
        pytest.param("projects/a%2Fb", {}, None, 404, {"message": "404 Project Not Found"}, id="project, by path"),
        pytest.param("projects/1", {}, "stranger's", 404, {"message": "404 Project Not Found"}, id="not a member"),
        pytest.param("projects/1/jobs", {}, "guest's", 403, {"message": "403 Forbidden"}, id="guest"),
        pytest.param("projects/2/jobs", {}, None, 403, {"message": "403 Forbidden"}, id="no CI/CD"),
        pytest.param("groups/9/projects", {}, None, 404, {"message": "404 Group Not Found"}, id="group"),
        pytest.param(
            "groups/platform/projects", {}, "stranger's", 404, {"message": "404 Group Not Found"}, id="not in the group"
        ),
        pytest.param("runners/9", {}, None, 404, {"message": "404 Not found"}, id="runner"),
        pytest.param("runners/x", {}, None, 400, {"error": "id is invalid"}, id="runner, no number"),
        pytest.param("runners/1", {}, None, 403, _NOT_YOURS, id="a group's runner"),
        pytest.param("runners/1/jobs", {}, None, 403, _NOT_YOURS, id="jobs of a group's runner"),
        pytest.param("runners/2/jobs", {}, None, 403, _NOT_YOURS, id="jobs of an instance runner"),
        pytest.param("projects/1/nothing", {}, None, 404, {"error": "404 Not Found"}, id="no such endpoint"),
        pytest.param(
            "projects/1/jobs",
            {"scope[]": "waiting"},
            None,
            400,
            {"error": "scope does not have a valid value"},
            id="scope",
        ),
        pytest.param(
            "runners/2/jobs", {"status": "x"}, None, 400, {"error": "status does not have a valid value"}, id="status"
        ),
        pytest.param(
            "groups/1/projects",
            {"order_by": "x"},
            None,
            400,
            {"error": "order_by does not have a valid value"},
            id="order",
        ),
        pytest.param("projects/1/jobs", {"page": "x"}, None, 400, {"error": "page is invalid"}, id="page"),
        pytest.param("projects/1/jobs", {"per_page": "x"}, None, 400, {"error": "per_page is invalid"}, id="per_page"),
        pytest.param(
            "projects/1/jobs",
            {"pagination": "keyset", "order_by": "id", "cursor": "x"},
            None,
            400,
            {"error": "cursor is invalid"},
            id="cursor",
        ),
        pytest.param("projects/1/jobs", {"pagination": "keyset"}, None, 405, _NO_KEYSET, id="keyset, no order"),
        pytest.param(
            "projects/1/jobs",
            {"pagination": "keyset", "order_by": "id", "sort": "asc"},
            None,
            405,
            _NO_KEYSET,
            id="keyset, ascending",
        ),
    ],
)
def test_refusal(
    fake: GitLab, *, path: str, query: dict[str, str], token: str | None, status: int, expected: dict[str, str]
) -> None:
    """What cannot be answered is refused with GitLab's status and words."""
    answer = get(fake, path, *query.items(), token=token)

    assert (answer.status, body(answer)) == (status, expected)


def test_outside_the_api(fake: GitLab) -> None:
    """There is no web interface behind the API."""
    assert fake.answer(Call("GET", "/users/sign_in")).status == 404


def test_only_reading(fake: GitLab) -> None:
    """The fake GitLab changes nothing by REST."""
    answer = fake.answer(Call("POST", "/api/v4/projects/1/jobs", headers={"private-token": fake.token.value}))

    assert (answer.status, json.loads(answer.body)) == (405, {"error": "405 Not Allowed"})


def test_an_older_gitlab_knows_no_keyset(fake: GitLab) -> None:
    """It answers 405 to what a newer one answers with a page."""
    query = {"pagination": "keyset", "order_by": "id", "sort": "desc"}
    assert get(fake, "projects/1/jobs", *query.items()).status == 200

    fake.version.jobs_keyset = False
    answer = get(fake, "projects/1/jobs", *query.items())
    assert (answer.status, body(answer)) == (405, _NO_KEYSET)


def test_a_renamed_project_has_moved(fake: GitLab) -> None:
    """Its former path is answered with the way to it, whatever was asked of it."""
    fake.instance.rename_project(fake.instance.projects[1], "server")
    answer = get(fake, "projects/platform%2Fapi/jobs")
    target = "http://gitlab.example.com/api/v4/projects/1/jobs"

    assert (answer.status, answer.headers["location"]) == (301, target)
    assert answer.body.decode() == f"This resource has been moved permanently to {target}."


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        pytest.param(JOBS, "projects/1/jobs", id="jobs of a project"),
        pytest.param(PROJECT, "projects/1", id="a project"),
        pytest.param(GROUP_PROJECTS, "groups/1/projects", id="projects of a group"),
    ],
)
def test_an_endpoint_has_its_own_limit(fake: GitLab, endpoint: str, path: str) -> None:
    """Over it comes 429 as JSON, with nothing to say when to come back, also for what is not there."""
    fake.limits.per_minute[endpoint] = 1
    assert get(fake, path).status == 200
    answer = get(fake, path.replace("1", "9"))

    assert (answer.status, body(answer), answer.headers) == (429, TOO_MANY, {"content-type": "application/json"})
    assert get(fake, path, token=fake.admin.value).status == 200


def test_the_general_limit_comes_first(fake: GitLab) -> None:
    """It counts every call of a token, also those to GraphQL and those that fail."""
    fake.limits.general = (2, 60)
    statuses = [
        get(fake, "projects/9").status,
        fake.answer(Call("POST", "/api/graphql", headers={"private-token": fake.token.value}, body=b"{}")).status,
        get(fake, "version").status,
        get(fake, "version", token=fake.admin.value).status,
        get(fake, "version", token="").status,
    ]

    assert statuses == [404, 200, 429, 200, 401]
