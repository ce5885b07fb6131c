"""What is asked of GitLab, by the fake's answers: the odd ones."""

import time
from collections.abc import Iterator

import pytest

from function.errors import GitLabDenied, GitLabRefused, GitLabUnavailable
from scaler import gitlab as module
from scaler.budget import Budget
from scaler.calls import Calls
from scaler.gitlab import GitLab
from scaler.transport import Question, Reply, Transport
from tests.gitlab.calls import Answer, Json, reply
from tests.gitlab.faults import Fault
from tests.gitlab.gitlab import GitLab as Fake
from tests.gitlab.model import Status
from tests.gitlab.server import serve


class Client:
    """A client of a fake GitLab, with an administrator's token."""

    def __init__(self, fake: Fake, url: str) -> None:
        self.fake = fake
        self.transport = Transport(url, lambda: fake.admin.value)
        self.calls = Calls(self.transport, Budget(60_000), lambda _: None)
        self.project = fake.instance.add_project("app", fake.instance.add_group("team"))

    def asking(self, max_pages: int = 50) -> GitLab:
        """GitLab as one query asks it."""
        return GitLab(self.calls, timeout=5.0, max_pages=max_pages)


@pytest.fixture
def client() -> Iterator[Client]:
    """One client, closed in the end."""
    fake = Fake(time.time)
    with serve(fake) as url:
        client = Client(fake, url)
        yield client
        client.calls.close()


async def test_facts(client: Client) -> None:
    """A job's facts are the same from both of GitLab's interfaces."""
    client.fake.instance.add_job(client.project, tags=["docker", "linux"], name="build")
    runner = client.fake.instance.add_runner()
    client.fake.instance.add_job(client.project, status=Status.RUNNING, runner=runner)
    rest = (await client.asking().project_jobs(client.project.id, running=True)).jobs
    graph = (await client.asking().instance_jobs(running=True)).jobs
    assert [(job.id, job.project_id, job.status, job.tags, job.runner_id, job.name, job.ref) for job in rest] == [
        (2, client.project.id, "running", (), runner.id, "test", "main"),
        (1, client.project.id, "pending", ("docker", "linux"), None, "build", "main"),
    ]
    # REST tells how long a job has waited, GraphQL since when.
    assert [(job.id, job.status, job.tags, job.runner_id) for job in graph] == [
        (job.id, job.status, job.tags, job.runner_id) for job in rest
    ]
    assert [abs(one.queued_at - other.queued_at) < 1 for one, other in zip(rest, graph, strict=True)] == [True, True]


async def test_max_pages(client: Client) -> None:
    """At the limit of pages a list is known to be cut; one that ends there is whole."""
    client.fake.instance.add_jobs(client.project, 200)
    asked = [client.asking(pages) for pages in (1, 2)]
    rest = [await one.project_jobs(client.project.id, running=False) for one in asked]
    graph = [await one.instance_jobs(running=False) for one in asked]
    assert [(len(one.jobs), one.truncated) for one in rest + graph] == [(100, True), (200, False)] * 2


async def test_job_that_is_taken_between_the_calls(client: Client) -> None:
    """A runner's job that was pending at the first call and runs at the second is one job, and it runs."""
    runner = client.fake.instance.add_runner()
    job = client.fake.instance.add_job(client.project)
    carry = client.transport.call

    class Meanwhile:
        """Carries calls; after the first one the runner takes the job."""

        close = client.transport.close

        def call(self, question: Question) -> Reply:
            """The answer to one call."""
            answer = carry(question)
            client.fake.instance.move(job, Status.RUNNING, runner=runner)
            return answer

    calls = Calls(Meanwhile(), Budget(60_000), lambda _: None)
    found = (await GitLab(calls, 5.0, 50).runner_jobs(runner.id, running=True)).jobs
    calls.close()
    assert [(one.id, one.status) for one in found] == [(job.id, "running")]


async def test_too_many_projects(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that is too large to be counted is refused, not cut."""
    monkeypatch.setattr(module, "_GROUP_PAGES", 1)
    for number in range(101):
        client.fake.instance.add_project(f"app-{number}", client.project.group)
    with pytest.raises(GitLabRefused, match="group team has over 100 projects: count its subgroups instead"):
        await client.asking().projects("team", subgroups=True)


@pytest.mark.parametrize("field", [{"jobs_enabled": False}, {"builds_access_level": "disabled"}, {"archived": True}])
async def test_projects_without_ci(client: Client, field: dict[str, Json]) -> None:
    """A project without CI is not asked for its jobs: GitLab would answer 403 for ever."""
    projects: list[Json] = [
        {"id": 1, "path_with_namespace": "team/a", **field},
        {"id": 2, "path_with_namespace": "team/b"},
    ]
    client.fake.faults.add(Fault("/projects$", answer=reply(projects)))
    found = await client.asking().projects("team", subgroups=True)
    assert [project.id for project in found] == [2]


def node(**fields: Json) -> Answer:
    """A page with one job, one of whose fields is odd."""
    whole: dict[str, Json] = {
        "id": "gid://gitlab/Ci::Build/7",
        "status": "PENDING",
        "createdAt": "2026-11-24T08:00:00Z",
    }
    page: Json = {"nodes": [whole | fields], "pageInfo": {"hasNextPage": False}}
    return reply({"data": {"jobs": page}})


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            reply({"errors": [{"message": "Field 'x' doesn't exist"}]}),
            GitLabRefused,
            "answered: \"Field 'x' doesn't exist\"",
        ),
        (reply({"errors": [{"message": "Request timed out."}]}), GitLabUnavailable, "answered: 'Request timed out.'"),
        (
            reply({"errors": [{"message": "a\nscaler: forged\u202e\x1b[2J" + "x" * 9999}]}),
            GitLabRefused,
            r"answered: 'a\nscaler: forged\u202e\x1b[2J" + "x" * 59 + "...'",
        ),
        (reply({"data": {"jobs": None}}), GitLabRefused, "gave no list of jobs"),
        (reply({"data": None}), GitLabRefused, "gave no list of jobs"),
        (reply([]), GitLabUnavailable, "GitLab's answer to POST /api/graphql is not what it should be: Expected"),
        (Answer(200, b"\xff\xfe"), GitLabUnavailable, "GitLab's answer to POST /api/graphql is not what it should be"),
        (node(id="gid://gitlab/Ci::Build/"), GitLabUnavailable, "matching regex"),
        (node(runner={"id": "41\n"}), GitLabUnavailable, "matching regex"),
        (node(createdAt="0001-01-01T00:00:00"), GitLabUnavailable, "Expected `datetime` with a timezone component"),
    ],
    ids=[
        *("error", "time-out", "control-characters", "null", "no-data", "another-shape", "no-text"),
        *("an-id-without-a-number", "a-runner-without-a-number", "a-time-of-nowhere"),
    ],
)
async def test_graphql_without_jobs(client: Client, answer: Answer, kind: type[Exception], message: str) -> None:
    """GraphQL says what is wrong with status 200: that is no empty list."""
    client.fake.faults.add(Fault("graphql$", answer=answer))
    with pytest.raises(kind) as caught:
        await client.asking().instance_jobs(running=False)
    assert message in str(caught.value)


async def test_admin_mode(client: Client) -> None:
    """An administrator's token without the scope admin_mode, where that is on, is no administrator's."""
    client.fake.faults.add(Fault("/user$", answer=reply({"username": "root"})))
    with pytest.raises(GitLabDenied, match="not an administrator's"):
        await client.asking().instance_jobs(running=False)


async def test_refusal_that_is_not_405(client: Client) -> None:
    """Only a 405 means that keyset paging is unknown."""
    client.fake.faults.status(400, "/jobs$")
    with pytest.raises(GitLabRefused):
        await client.asking().project_jobs(client.project.id, running=False)
    assert len(client.fake.record.matching("/jobs$")) == 1
