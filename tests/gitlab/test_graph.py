"""GraphQL answers, by query and caller, against the shapes of GitLab's reference."""

import json
from typing import cast

import pytest

from tests.gitlab.calls import Answer, Call, Json
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status

_ONLY_PENDING = 'compatibleRunnerId can only be used when the `statuses` argument is set to "PENDING"'


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


def ask(fake: GitLab, query: str, token: str | None = None, **variables: object) -> dict[str, Json]:
    """Post a query and return the answer's body; without a token it is the admin's."""
    return cast("dict[str, Json]", json.loads(answer(fake, query, token or fake.admin.value, variables).body))


def answer(fake: GitLab, query: str, token: str, variables: object = None) -> Answer:
    """Post a query; an empty token is an anonymous caller."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = json.dumps({"query": query, "variables": variables}).encode()
    return fake.answer(Call("POST", "/api/graphql", headers=headers, body=body))


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

    assert json.loads(answer(fake, query, "").body) == {
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


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(
            '{ jobs(statuses: [RUNNING], compatibleRunnerId: "gid://gitlab/Ci::Runner/1") { count } }',
            _ONLY_PENDING,
            id="runner's, not only pending",
        ),
        pytest.param(
            "{ jobs(first: 1, last: 1) { count } }",
            "Can only provide either `first` or `last`, not both",
            id="first and last",
        ),
        pytest.param('{ jobs(after: "x") { count } }', "Please provide a valid cursor", id="no cursor"),
    ],
)
def test_an_error_in_a_field(fake: GitLab, query: str, message: str) -> None:
    """An argument that makes no sense leaves the field null and tells where."""
    assert ask(fake, query) == {
        "data": {"jobs": None},
        "errors": [{"message": message, "locations": [{"line": 1, "column": 3}], "path": ["jobs"]}],
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param("{", "Syntax Error: Expected Name, found <EOF>.", id="cut off"),
        pytest.param(
            "{ currentUser { admin } }", "Cannot query field 'admin' on type 'CurrentUser'.", id="no such field"
        ),
        pytest.param(
            "{ " + " ".join(f"j{it}: jobs {{ count }}" for it in range(63)) + " }",
            "Query has complexity of 252, which exceeds max complexity of 250",
            id="too complex",
        ),
    ],
)
def test_a_query_that_is_refused(fake: GitLab, query: str, message: str) -> None:
    """A query that cannot be run has errors and no data, with status 200."""
    refused = answer(fake, query, fake.token.value)

    assert (refused.status, json.loads(refused.body)) == (200, {"errors": [{"message": message}]})


@pytest.mark.parametrize(
    ("query", "score"),
    [
        pytest.param("{ jobs { count } queryComplexity { score } }", 5, id="default page"),
        pytest.param("{ jobs(first: 1) { nodes { id } } queryComplexity { score } }", 4, id="one item"),
        pytest.param("{ jobs(first: 500) { nodes { id } } queryComplexity { score } }", 7, id="page size is cut"),
        pytest.param("query($n: Int) { jobs(first: $n) { nodes { id } } queryComplexity { score } }", 5, id="variable"),
        pytest.param(
            "query { ...it queryComplexity { score } } fragment it on Query { currentUser { ... { id } } }",
            3,
            id="fragments",
        ),
    ],
)
def test_score(fake: GitLab, query: str, score: int) -> None:
    """A query's score counts fields, and items of a page at 1 % each."""
    data = cast("dict[str, Json]", ask(fake, query, n=50)["data"])

    assert data["queryComplexity"] == {"score": score}


@pytest.mark.parametrize(
    ("token", "query", "status", "message"),
    [
        pytest.param("wrong", "{ currentUser { id } }", 401, "Invalid token", id="unknown token"),
        pytest.param("user's", "{ currentUser { id } }", 401, "Invalid token", id="token without read_api"),
        pytest.param("glpat-hookrunner-test", f"{{ {'a' * 10_000} }}", 422, "Query too large", id="too long"),
    ],
)
def test_a_call_that_is_refused(fake: GitLab, token: str, query: str, status: int, message: str) -> None:
    """A bad token and a huge query are refused with a status, in GraphQL's shape."""
    fake.instance.add_token(fake.token.user, "user's", scopes=["read_user"])
    refused = answer(fake, query, token)

    assert (refused.status, json.loads(refused.body)) == (status, {"errors": [{"message": message}]})


def test_an_older_gitlab_knows_no_compatible_runner(fake: GitLab) -> None:
    """Before 18.1 the argument is an error in the query."""
    fake.version.compatible_runner = False

    assert ask(fake, '{ jobs(compatibleRunnerId: "gid://gitlab/Ci::Runner/1") { count } }') == {
        "errors": [{"message": "Unknown argument 'compatibleRunnerId' on field 'Query.jobs'."}]
    }
