"""The fake GitLab seen through a real client, over real HTTP."""

import gitlab as python_gitlab

from tests.gitlab.fixtures import Served


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
