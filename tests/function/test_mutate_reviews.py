"""Every real review, answered by mutate: the whole answer, and the whole pod that comes of it."""

import json

import pytest

from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot
from tests.support import reviews
from tests.support.reviews import CASES, DATA, Case

PATCHED = [case for case in CASES if case.reason == "patched"]


@pytest.fixture
def mutate(metrics: Metrics) -> Mutate:
    """The function with the settings' defaults and a history that knows every key of the reviews."""
    snapshot = Snapshot(reviews.HISTORY)
    return Mutate(settings_from({}).placement, lambda: snapshot, metrics, clock=lambda: reviews.NOW)


async def answer(mutate: Mutate, body: bytes) -> reviews.Json:
    """The decoded answer to one body."""
    response = await mutate(Request("POST", "/mutate", [], body))
    assert (response.status, response.content_type) == (200, b"application/json")
    decoded: reviews.Json = json.loads(response.body)
    return decoded


def test_every_review_has_a_case() -> None:
    """The table has each file of tests/data/reviews, once."""
    assert sorted(case.name for case in CASES) == sorted(path.stem for path in (DATA / "reviews").glob("*.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_answer(mutate: Mutate, case: Case) -> None:
    """Each review gets the whole answer that the table says, but for the patch itself."""
    assert reviews.without_patch(await answer(mutate, case.body())) == reviews.expected_answer(case)


@pytest.mark.parametrize("case", PATCHED, ids=lambda case: case.name)
async def test_patched_pod(mutate: Mutate, case: Case) -> None:
    """The patch makes of the review's pod the same pod with our terms at the end, and nothing else."""
    given = await answer(mutate, case.body())
    assert reviews.patched_pod(given, reviews.request_of(case)["object"]) == reviews.expected_pod(case)


@pytest.mark.parametrize("case", PATCHED, ids=lambda case: case.name)
async def test_reinvocation_changes_nothing(mutate: Mutate, case: Case) -> None:
    """The pod that we patched, reviewed again, is left as it is."""
    review = json.loads(case.body())
    review["request"]["object"] = reviews.expected_pod(case)
    again = await answer(mutate, json.dumps(review).encode())
    assert reviews.patch_of(again) is None
    assert again["response"]["auditAnnotations"] == {"reason": "already-preferred", "key": case.key}


@pytest.mark.parametrize("case", PATCHED, ids=lambda case: case.name)
async def test_dry_run_gets_the_same_patch(mutate: Mutate, case: Case) -> None:
    """A dry run is answered as the real thing."""
    review = json.loads(case.body())
    review["request"]["dryRun"] = not review["request"]["dryRun"]
    assert await answer(mutate, json.dumps(review).encode()) == await answer(mutate, case.body())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_no_history_no_patch(metrics: Metrics, case: Case) -> None:
    """Before the history is there, every pod is let through as it is."""
    mutate = Mutate(settings_from({}).placement, lambda: None, metrics)
    given = await answer(mutate, case.body())
    assert reviews.patch_of(given) is None
    assert given["response"]["allowed"] is True
