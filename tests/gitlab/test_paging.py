"""Pages and their headers, as GitLab's page api/rest describes them."""

import re
from urllib.parse import parse_qsl

import pytest

from tests.gitlab.asking import get, ids
from tests.gitlab.calls import Answer, Call
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab

_JOBS = "http://gitlab.example.com/api/v4/projects/1/jobs"
_PROJECTS = "http://gitlab.example.com/api/v4/groups/1/projects"
_KEYSET = {"pagination": "keyset", "order_by": "id", "sort": "desc"}


@pytest.fixture
def fake() -> GitLab:
    """Make a GitLab with 5 projects in a group and 250 jobs in the first."""
    fake = GitLab(SimulatedClock())
    group = fake.instance.add_group("platform")
    for number in range(5):
        fake.instance.add_project(f"p{number}", group)
    fake.instance.add_jobs(fake.instance.projects[1], 250)
    return fake


def _headers(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "content-type"}


@pytest.mark.parametrize(
    ("query", "expected", "headers"),
    [
        pytest.param(
            {},
            list(range(250, 230, -1)),
            {
                "x-per-page": "20",
                "x-page": "1",
                "x-next-page": "2",
                "x-prev-page": "",
                "link": f'<{_JOBS}?page=2&per_page=20>; rel="next", <{_JOBS}?page=1&per_page=20>; rel="first"',
            },
            id="first, of 20",
        ),
        pytest.param(
            {"page": "2", "per_page": "100"},
            list(range(150, 50, -1)),
            {
                "x-per-page": "100",
                "x-page": "2",
                "x-next-page": "3",
                "x-prev-page": "1",
                "link": f'<{_JOBS}?page=1&per_page=100>; rel="prev", <{_JOBS}?page=3&per_page=100>; rel="next", '
                f'<{_JOBS}?page=1&per_page=100>; rel="first"',
            },
            id="in between",
        ),
        pytest.param(
            {"page": "3", "per_page": "500"},
            list(range(50, 0, -1)),
            {
                "x-per-page": "100",
                "x-page": "3",
                "x-next-page": "",
                "x-prev-page": "2",
                "link": f'<{_JOBS}?page=2&per_page=100>; rel="prev", <{_JOBS}?page=1&per_page=100>; rel="first"',
            },
            id="last, more than 100 cut to 100",
        ),
        pytest.param(
            {"page": "0", "per_page": "-1"},
            [250],
            {
                "x-per-page": "1",
                "x-page": "1",
                "x-next-page": "2",
                "x-prev-page": "",
                "link": f'<{_JOBS}?page=2&per_page=1>; rel="next", <{_JOBS}?page=1&per_page=1>; rel="first"',
            },
            id="numbers below 1",
        ),
    ],
)
def test_offset(fake: GitLab, query: dict[str, str], expected: list[int], headers: dict[str, str]) -> None:
    """A list of jobs is not counted: no X-Total, no X-Total-Pages, no link to the last page."""
    answer = get(fake, "projects/1/jobs", *query.items())

    assert (ids(answer), _headers(answer)) == (expected, headers)


def test_counted_offset(fake: GitLab) -> None:
    """A group's projects are counted."""
    answer = get(fake, "groups/1/projects", ("per_page", "2"), ("page", "2"), ("pagination", "keyset"))
    pages = {"prev": 1, "next": 3, "first": 1, "last": 3}

    assert ids(answer) == [3, 2]
    assert _headers(answer) == {
        "x-per-page": "2",
        "x-page": "2",
        "x-next-page": "3",
        "x-prev-page": "1",
        "x-total": "5",
        "x-total-pages": "3",
        "link": ", ".join(
            f'<{_PROJECTS}?page={page}&pagination=keyset&per_page=2>; rel="{rel}"' for rel, page in pages.items()
        ),
    }


def test_keyset(fake: GitLab) -> None:
    """Each page leads to the next by a cursor, with the parameters of the first; the last one leads nowhere."""
    query = {**_KEYSET, "per_page": "100", "scope[]": "pending"}
    answer = get(fake, "projects/1/jobs", *query.items())

    assert _headers(answer) == {
        "link": f"<{_JOBS}?cursor=eyJpZCI6ICIxNTEiLCAiX2tkIjogIm4ifQ%3D%3D&order_by=id&pagination=keyset"
        '&per_page=100&scope%5B%5D=pending&sort=desc>; rel="next"'
    }
    pages = [ids(answer)]
    while link := answer.headers.get("link"):
        answer = fake.answer(_follow(fake, link))
        pages.append(ids(answer))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [it for page in pages for it in page] == list(range(250, 0, -1))
    assert _headers(answer) == {}


def test_a_keyset_does_not_shift(fake: GitLab) -> None:
    """Jobs that come meanwhile change nothing on the pages that follow, unlike with offsets."""
    query = {**_KEYSET, "per_page": "100"}
    link = get(fake, "projects/1/jobs", *query.items()).headers["link"]
    fake.instance.add_jobs(fake.instance.projects[1], 10)

    assert ids(fake.answer(_follow(fake, link)))[0] == 150
    assert ids(get(fake, "projects/1/jobs", ("page", "2"), ("per_page", "100")))[0] == 160


def _follow(fake: GitLab, link: str) -> Call:
    target = re.fullmatch(r'<http://gitlab\.example\.com([^?]+)\?(.+)>; rel="next"', link)
    assert target is not None
    return Call("GET", target[1], tuple(parse_qsl(target[2])), {"private-token": fake.token.value})
