"""The fake GitLab behind real HTTP and HTTPS, seen through real clients."""

import ssl
from pathlib import Path

import gitlab as python_gitlab
import httpx
import pytest

from tests.gitlab.certificates import Authority
from tests.gitlab.fixtures import Served
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve


def test_client_reads_every_page(gitlab: Served) -> None:
    """300 keyset pages hold 30,000 jobs, each once, the newest first."""
    group = gitlab.gitlab.instance.add_group("platform")
    project = gitlab.gitlab.instance.add_project("api", group)
    gitlab.gitlab.instance.add_jobs(project, 30_000)
    client = python_gitlab.Gitlab(gitlab.url, private_token=gitlab.gitlab.token.value)

    jobs = client.projects.get("platform/api", lazy=True).jobs.list(
        iterator=True, scope=["pending"], per_page=100, pagination="keyset", order_by="id", sort="desc"
    )

    assert [job.id for job in jobs] == list(range(30_000, 0, -1))
    assert len(gitlab.gitlab.record.matching("/jobs$")) == 300


def test_client_reads_the_rest(gitlab: Served) -> None:
    """python-gitlab finds in each answer what it looks for."""
    instance = gitlab.gitlab.instance
    project = instance.add_project("api", instance.add_group("platform"))
    runner = instance.add_runner(tags=["k8s"])
    instance.add_job(project, tags=["k8s"])
    client = python_gitlab.Gitlab(gitlab.url, private_token=gitlab.gitlab.admin.value)
    client.auth()

    assert client.version() == ("19.4.0-ee", "00000000000")
    assert client.user is not None
    assert client.user.username == "root"
    assert client.runners.get(runner.id).tag_list == ["k8s"]
    assert client.runners.get(runner.id).jobs.list(get_all=True) == []
    group = client.groups.get("platform", lazy=True)
    assert [it.path for it in group.projects.list(include_subgroups=True, archived=False, get_all=True)] == ["api"]


def test_nothing_is_read_while_something_changes(gitlab: Served) -> None:
    """While a test holds the lock, to change several things at once, an answer waits."""
    instance = gitlab.gitlab.instance
    project = instance.add_project("api", instance.add_group("platform"))
    with httpx.Client(headers={"PRIVATE-TOKEN": gitlab.gitlab.token.value}) as client:
        with instance.lock:
            instance.add_job(project)
            with pytest.raises(httpx.ReadTimeout):
                client.get(f"{gitlab.url}/api/v4/projects/1/jobs", timeout=0.2)
            instance.add_job(project)
        assert len(client.get(f"{gitlab.url}/api/v4/projects/1/jobs").json()) == 2


def test_links_begin_with_what_was_asked(gitlab: Served) -> None:
    """Without an external URL the links lead back to the address that the client used."""
    instance = gitlab.gitlab.instance
    instance.add_jobs(instance.add_project("api", instance.add_group("platform")), 2)
    headers = {"PRIVATE-TOKEN": gitlab.gitlab.token.value, "Host": "gitlab.svc:8080"}
    answer = httpx.get(f"{gitlab.url}/api/v4/projects/1/jobs?per_page=1", headers=headers)

    assert answer.links["next"]["url"] == "http://gitlab.svc:8080/api/v4/projects/1/jobs?page=2&per_page=1"


def test_links_begin_with_the_external_url() -> None:
    """A GitLab that was told its URL uses it in every link."""
    fake = GitLab()
    fake.instance.add_jobs(fake.instance.add_project("api", fake.instance.add_group("platform")), 2)
    with serve(fake, external_url="https://gitlab.example.com") as url:
        headers = {"PRIVATE-TOKEN": fake.token.value}
        answer = httpx.get(f"{url}/api/v4/projects/1/jobs?per_page=1", headers=headers)

    assert answer.links["next"]["url"] == "https://gitlab.example.com/api/v4/projects/1/jobs?page=2&per_page=1"


def _ask(url: str, authority: Authority) -> int:
    trust = ssl.create_default_context(cafile=authority.file)
    return httpx.get(f"{url}/api/v4/version", headers={"PRIVATE-TOKEN": "wrong"}, verify=trust).status_code


def test_tls(tmp_path: Path) -> None:
    """Who trusts the CA reaches it; who trusts another does not."""
    own, other = Authority(tmp_path / "own"), Authority(tmp_path / "other")
    with serve(GitLab(), tls=own.good()) as url:
        assert url.startswith("https://127.0.0.1:")
        assert _ask(url, own) == 401
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            _ask(url, other)


def test_tls_of_an_expired_certificate(tmp_path: Path) -> None:
    """A certificate that ran out is refused even by who trusts the CA."""
    own = Authority(tmp_path)
    with serve(GitLab(), tls=own.expired()) as url, pytest.raises(httpx.ConnectError, match="certificate has expired"):
        _ask(url, own)


def test_tls_of_another_host(tmp_path: Path) -> None:
    """A certificate for another host is refused even by who trusts the CA."""
    own = Authority(tmp_path)
    with serve(GitLab(), tls=own.other_host()) as url, pytest.raises(httpx.ConnectError, match="IP address mismatch"):
        _ask(url, own)
