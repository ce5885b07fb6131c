"""Every real review, answered by mutate on both runtimes."""

import pytest

from tests.support import reviews
from tests.support.functions import FunctionProcess
from tests.support.reviews import CASES, Case
from tests.support.wire import connect, exchange, exchange_on

pytestmark = pytest.mark.conformance

JSON = {"Content-Type": "application/json", "Accept": "application/json, */*"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_review(mutate: FunctionProcess, case: Case) -> None:
    """The whole answer, and the whole pod that comes of its patch."""
    answer = exchange(mutate.port, case.body(), JSON, path="/mutate?timeout=10s")
    assert (answer.status, answer.headers["content-type"], answer.is_framed()) == (200, "application/json", True)
    assert reviews.without_patch(answer.json()) == reviews.expected_answer(case)
    if case.reason == "patched":
        pod = reviews.request_of(case)["object"]
        assert reviews.patched_pod(answer.json(), pod) == reviews.expected_pod(case)


def test_one_connection(mutate: FunctionProcess) -> None:
    """One connection carries all reviews, one after the other, as the API server's does."""
    connection = connect(mutate.port)
    answers = [exchange_on(connection, case.body(), JSON, path="/any/path").json() for case in CASES]
    connection.close()
    assert [reviews.without_patch(answer) for answer in answers] == list(map(reviews.expected_answer, CASES))
