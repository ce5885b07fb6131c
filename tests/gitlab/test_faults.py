"""What goes wrong on the wire, seen through a real client; and what is recorded of it."""

import json
import time

import httpx
import pytest

from tests.gitlab.calls import Call, Record, Recorded
from tests.gitlab.clock import START
from tests.gitlab.fixtures import Served
from tests.gitlab.limits import TOO_MANY

_JOBS = "/api/v4/projects/1/jobs"


@pytest.fixture
def served(gitlab: Served) -> Served:
    """Put a project with 20 jobs into the GitLab."""
    project = gitlab.gitlab.instance.add_project("api", gitlab.gitlab.instance.add_group("platform"))
    gitlab.gitlab.instance.add_jobs(project, 20)
    return gitlab


def ask(served: Served, path: str = _JOBS, **query: str) -> httpx.Response:
    """Ask with the bot's token."""
    headers = {"PRIVATE-TOKEN": served.gitlab.token.value}
    return httpx.get(f"{served.url}{path}", params=query, headers=headers, follow_redirects=False)


def test_a_status(served: Served) -> None:
    """It comes as often as was said, for the paths that were named, and then no more."""
    served.gitlab.faults.status(503, path="/jobs$", times=2)

    answers = [ask(served, "/api/v4/version"), ask(served), ask(served), ask(served)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].json() == {"message": "503 Service Unavailable"}


def test_the_first_fault_that_matches_acts(served: Served) -> None:
    """Others act when it is used up; clearing switches all of them off."""
    served.gitlab.faults.status(500, times=1)
    served.gitlab.faults.status(503)
    statuses = [ask(served).status_code, ask(served).status_code]
    served.gitlab.faults.clear()

    assert [*statuses, ask(served).status_code] == [500, 503, 200]


def test_an_html_page(served: Served) -> None:
    """It is what a proxy says, and no JSON."""
    served.gitlab.faults.html(502)
    answer = ask(served)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_answer(served: Served) -> None:
    """It is right, but late; a client that does not wait so long gets nothing."""
    served.gitlab.faults.slow(0.2, times=1)
    start = time.monotonic()
    assert len(ask(served).json()) == 20
    assert time.monotonic() - start >= 0.2

    served.gitlab.faults.slow(30)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{served.url}{_JOBS}", timeout=0.1)


def test_a_cut_answer(served: Served) -> None:
    """Half of the JSON comes, as if it were all."""
    whole = len(ask(served).content)
    served.gitlab.faults.cut()
    answer = ask(served)

    assert (answer.status_code, len(answer.content)) == (200, whole // 2)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("keep", [pytest.param(0.5, id="in the body"), pytest.param(0.0, id="after the headers")])
def test_a_dropped_connection(served: Served, keep: float) -> None:
    """The connection breaks off before all that was announced has come."""
    served.gitlab.faults.drop(keep)

    with pytest.raises(httpx.RemoteProtocolError):
        ask(served)


def test_a_redirect(served: Served) -> None:
    """The client is sent elsewhere, to another host too."""
    served.gitlab.faults.redirect("http://127.0.0.2:1/elsewhere")
    answer = ask(served)

    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.2:1/elsewhere")


def test_too_many_as_json(served: Served) -> None:
    """An endpoint's own limit says nothing of when to come back."""
    served.gitlab.faults.too_many_json()
    answer = ask(served)

    assert (answer.status_code, answer.json()) == (429, TOO_MANY)
    assert "retry-after" not in answer.headers


def test_too_many_as_text(served: Served) -> None:
    """The general limit says when to come back."""
    served.gitlab.faults.too_many_text(7)
    answer = ask(served)

    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (429, "Retry later\n", "7")


def test_every_request_is_recorded(served: Served) -> None:
    """Method, path, query, whether there was a token, when, and how it ended; never the token."""
    ask(served, per_page="1")
    httpx.post(f"{served.url}/api/graphql", json={"query": "{ metadata { version } }"})
    served.gitlab.faults.status(500)
    ask(served, "/api/v4/projects/platform%2Fapi")

    assert served.gitlab.record.calls == [
        Recorded("GET", _JOBS, (("per_page", "1"),), token=True, at=START, status=200),
        Recorded("POST", "/api/graphql", (), token=False, at=START, status=200),
        Recorded("GET", "/api/v4/projects/platform%2Fapi", (), token=True, at=START, status=500),
    ]
    assert len(served.gitlab.record.matching("/jobs$")) == 1
    assert served.gitlab.record.matching(since=START + 1) == []
    served.gitlab.record.clear()
    assert served.gitlab.record.calls == []


def test_a_long_record_is_cut() -> None:
    """The oldest requests are forgotten, so that a day's traffic does not fill the memory."""
    record = Record(kept=10)
    for number in range(25):
        record.add(Call("GET", f"/{number}"), 200, START)

    assert [call.path for call in record.calls] == [f"/{number}" for number in range(10, 25)]


def test_a_head_has_no_body(served: Served) -> None:
    """HEAD is answered with the headers of GET."""
    headers = {"PRIVATE-TOKEN": served.gitlab.token.value}
    head = httpx.head(f"{served.url}{_JOBS}", headers=headers)

    assert (head.status_code, head.content, head.headers["x-page"]) == (200, b"", "1")
