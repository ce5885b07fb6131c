"""How GraphQL refuses, and what a query may cost."""

import json
from typing import cast

import pytest

from tests.gitlab.asking import ask, post
from tests.gitlab.calls import Call, Json
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab

_ONLY_PENDING = 'compatibleRunnerId can only be used when the `statuses` argument is set to "PENDING"'


@pytest.fixture
def fake() -> GitLab:
    """Make an empty GitLab."""
    return GitLab(SimulatedClock())


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
    refused = post(fake, query, fake.token.value)

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


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_count_has_bounds(fake: GitLab, limit: int) -> None:
    """A count's own limit is from 1 to 1000."""
    assert ask(fake, f"{{ jobs {{ count(limit: {limit}) }} }}") == {
        "data": {"jobs": None},
        "errors": [
            {
                "message": "limit must be greater than 0 and less than or equal to 1000",
                "locations": [{"line": 1, "column": 10}],
                "path": ["jobs", "count"],
            }
        ],
    }


def test_a_body_that_is_no_json(fake: GitLab) -> None:
    """What cannot be read is no query."""
    answer = fake.answer(Call("POST", "/api/graphql", headers={"private-token": fake.token.value}, body=b"{"))

    assert (answer.status, json.loads(answer.body)) == (200, {"errors": [{"message": "Unexpected end of document"}]})


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
    refused = post(fake, query, token)

    assert (refused.status, json.loads(refused.body)) == (status, {"errors": [{"message": message}]})


def test_an_older_gitlab_knows_no_compatible_runner(fake: GitLab) -> None:
    """Before 18.1 the argument is an error in the query."""
    fake.version.compatible_runner = False

    assert ask(fake, '{ jobs(compatibleRunnerId: "gid://gitlab/Ci::Runner/1") { count } }') == {
        "errors": [{"message": "Unknown argument 'compatibleRunnerId' on field 'Query.jobs'."}]
    }
