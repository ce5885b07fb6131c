"""GraphQL answers, by query and caller, against the shapes of GitLab's reference."""

import json
from typing import cast

import pytest

from tests.gitlab.asking import ask, post
from tests.gitlab.calls import Json
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `fake`."""
    return SimulatedClock()


@pytest.fixture
def fake(clock: SimulatedClock) -> GitLab:
    """Make a GitLab with one job of every kind that a runner tells apart."""
    fake = GitLab(clock)
    group = fake.instance.add_group("platform")
    api, web = fake.instance.add_project("api", group), fake.instance.add_project("web", group)
    fake.instance.add_runner(tags=["k8s", "arm"], run_untagged=False)
    fake.instance.add_runner(projects=[web])
    fake.instance.add_job(api, tags=["k8s"])
    fake.instance.add_job(api, tags=["k8s", "gpu"])
    fake.instance.add_job(web)
    fake.instance.add_job(web, status=Status.RUNNING, runner=fake.instance.runners[2])
    return fake


def test_job_shape(fake: GitLab, clock: SimulatedClock) -> None:
    """A running job has every field that a queue can be told from."""
    clock.advance(90.5)
    query = """{ jobs(statuses: [RUNNING]) { nodes {
        id name status tags kind active allowFailure createdAt queuedAt startedAt finishedAt duration queuedDuration
        refName shortSha source webPath stage { name } pipeline { id iid } project { id fullPath }
        runner { id description paused runUntagged runnerType tagList jobExecutionStatus } } } }"""

    assert ask(fake, query)["data"] == {
        "jobs": {
            "nodes": [
                {
                    "id": "gid://gitlab/Ci::Build/4",
                    "name": "test",
                    "status": "RUNNING",
                    "tags": [],
                    "kind": "BUILD",
                    "active": True,
                    "allowFailure": False,
                    "createdAt": "2026-11-24T08:00:00Z",
                    "queuedAt": "2026-11-24T08:00:00Z",
                    "startedAt": "2026-11-24T08:00:00Z",
                    "finishedAt": None,
                    "duration": 90,
                    "queuedDuration": 0.0,
                    "refName": "main",
                    "shortSha": fake.instance.jobs[4].pipeline.sha[:8],
                    "source": "push",
                    "webPath": "/platform/web/-/jobs/4",
                    "stage": {"name": "test"},
                    "pipeline": {"id": "gid://gitlab/Ci::Pipeline/4", "iid": "4"},
                    "project": {"id": "gid://gitlab/Project/2", "fullPath": "platform/web"},
                    "runner": {
                        "id": "gid://gitlab/Ci::Runner/2",
                        "description": "runner-2",
                        "paused": False,
                        "runUntagged": True,
                        "runnerType": "PROJECT_TYPE",
                        "tagList": [],
                        "jobExecutionStatus": "ACTIVE",
                    },
                }
            ]
        }
    }


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        pytest.param("", [4, 3, 2, 1], id="all"),
        pytest.param("(statuses: [PENDING])", [3, 2, 1], id="pending"),
        pytest.param("(statuses: [PENDING, RUNNING])", [4, 3, 2, 1], id="two statuses"),
        pytest.param("(statuses: [])", [], id="no status"),
        pytest.param("(runnerTypes: [PROJECT_TYPE])", [4], id="by runner type"),
        pytest.param("(runnerTypes: [GROUP_TYPE])", [], id="of no runner of that type"),
        pytest.param('(statuses: [PENDING], compatibleRunnerId: "gid://gitlab/Ci::Runner/1")', [1], id="tags"),
        pytest.param('(statuses: [PENDING], compatibleRunnerId: "gid://gitlab/Ci::Runner/2")', [3], id="scope"),
        pytest.param('(statuses: [PENDING], compatibleRunnerId: "gid://gitlab/Ci::Runner/9")', [], id="no runner"),
    ],
)
def test_jobs_found(fake: GitLab, arguments: str, ids: list[int]) -> None:
    """The arguments of `jobs` say which are found; the count is theirs, the newest come first."""
    assert ask(fake, f"{{ jobs{arguments} {{ count nodes {{ id }} }} }}") == {
        "data": {"jobs": {"count": len(ids), "nodes": [{"id": f"gid://gitlab/Ci::Build/{it}"} for it in ids]}}
    }


@pytest.mark.parametrize(
    ("roles", "count"),
    [
        pytest.param({}, 0, id="stranger"),
        pytest.param({"platform": Role.MAINTAINER}, 0, id="maintainer of its group"),
        pytest.param({"platform/web": Role.REPORTER}, 0, id="reporter of its project"),
        pytest.param({"platform/web": Role.MAINTAINER}, 1, id="maintainer of its project"),
    ],
)
def test_jobs_of_a_runner_are_for_its_maintainers(fake: GitLab, roles: dict[str, Role], count: int) -> None:
    """Who may not see a runner's jobs gets none, and no error."""
    user = fake.instance.add_user("somebody")
    user.roles.update(roles)
    fake.instance.add_token(user, "somebody's")
    query = '{ jobs(statuses: [PENDING], compatibleRunnerId: "gid://gitlab/Ci::Runner/2") { count } }'

    assert ask(fake, query, "somebody's") == {"data": {"jobs": {"count": count}}}


def test_jobs_are_for_admins(fake: GitLab) -> None:
    """Who is no admin gets an empty list and no error, but a lower complexity limit than an admin's."""
    query = "{ jobs(statuses: [PENDING]) { count } currentUser { username } queryComplexity { limit score } }"

    assert [ask(fake, query, token) for token in (fake.token.value, fake.admin.value)] == [
        {
            "data": {
                "jobs": {"count": 0},
                "currentUser": {"username": "scaler"},
                "queryComplexity": {"limit": 250, "score": 7},
            }
        },
        {
            "data": {
                "jobs": {"count": 3},
                "currentUser": {"username": "root"},
                "queryComplexity": {"limit": 300, "score": 7},
            }
        },
    ]


def test_anonymous_caller_gets_nothing(fake: GitLab) -> None:
    """Without a token there is no user and no job, and no error."""
    query = "{ jobs { count } currentUser { username } metadata { version } queryComplexity { limit } }"

    assert json.loads(post(fake, query, "").body) == {
        "data": {
            "jobs": {"count": 0},
            "currentUser": None,
            "metadata": {"version": "19.4.0-ee"},
            "queryComplexity": {"limit": 200},
        }
    }


@pytest.mark.parametrize(
    ("jobs", "argument", "count"),
    [
        pytest.param(997, "", 1000, id="at the limit"),
        pytest.param(998, "", 1001, id="one more"),
        pytest.param(3000, "", 1001, id="many more"),
        pytest.param(3000, "(limit: 5)", 6, id="own limit"),
    ],
)
def test_count_stops_at_its_limit(fake: GitLab, jobs: int, argument: str, count: int) -> None:
    """A count of more than the limit is the limit and one."""
    fake.instance.add_jobs(fake.instance.projects[1], jobs)

    assert ask(fake, f"{{ jobs(statuses: [PENDING]) {{ count{argument} }} }}") == {"data": {"jobs": {"count": count}}}


def test_pages_forward_and_back(fake: GitLab) -> None:
    """Cursors lead through the jobs in both directions."""
    query = """query($first: Int, $last: Int, $after: String, $before: String) {
      jobs(first: $first, last: $last, after: $after, before: $before) {
        edges { cursor node { id } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"""
    cursors = ["eyJpZCI6ICI0In0", "eyJpZCI6ICIzIn0", "eyJpZCI6ICIyIn0", "eyJpZCI6ICIxIn0"]

    def page(*places: int, more: bool, less: bool) -> object:
        edges = [{"cursor": cursors[it], "node": {"id": f"gid://gitlab/Ci::Build/{4 - it}"}} for it in places]
        ends = {"startCursor": cursors[places[0]], "endCursor": cursors[places[-1]]}
        return {"data": {"jobs": {"edges": edges, "pageInfo": {**ends, "hasNextPage": more, "hasPreviousPage": less}}}}

    assert ask(fake, query, first=2) == page(0, 1, more=True, less=False)
    assert ask(fake, query, first=2, after=cursors[1]) == page(2, 3, more=False, less=True)
    assert ask(fake, query, last=3) == page(1, 2, 3, more=False, less=True)
    assert ask(fake, query, before=cursors[2]) == page(0, 1, more=True, less=False)


def test_a_page_has_at_most_100(fake: GitLab) -> None:
    """More than 100 are never on a page, whatever was asked for."""
    fake.instance.add_jobs(fake.instance.projects[1], 200)

    jobs = cast("dict[str, dict[str, list[Json]]]", ask(fake, "{ jobs(first: 150) { nodes { id } } }")["data"])["jobs"]

    assert len(jobs["nodes"]) == 100
