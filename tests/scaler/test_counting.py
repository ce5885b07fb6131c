"""What is counted at each level, over the fake GitLab and real gRPC."""

import time
from pathlib import Path

import pytest

from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status
from tests.gitlab.server import serve
from tests.scaler.harness import Harness, credential, rarely, running, with_gitlab

MANY = 30_000


async def test_project(tmp_path: Path) -> None:
    """A project's pending and running jobs, by tags; nothing of other statuses."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 3, tags=["docker"])
        instance.add_jobs(project, 2)
        instance.add_job(project, status=Status.RUNNING, tags=["docker", "linux"])
        for status in (Status.CREATED, Status.MANUAL, Status.PREPARING, Status.WAITING_FOR_RESOURCE, Status.SUCCESS):
            instance.add_job(project, status=status)
        questions = {
            "everything": {},
            "pending": {"count": "pending"},
            "by-path": {"projectId": "team/app"},
            "docker": {"tags": "docker"},
            "docker-linux": {"tags": "docker,linux"},
            "docker-linux-untagged": {"tags": "docker,linux", "runUntagged": "true"},
            "untagged": {"tags": ""},
            "none": {"tags": "gpu"},
        }
        values = {
            name: await scaler.counted(scaler.ref(**{"projectId": str(project.id), **question}))
            for name, question in questions.items()
        }
    assert values == {
        "everything": 6,
        "pending": 5,
        "by-path": 6,
        "docker": 3,
        "docker-linux": 4,
        "docker-linux-untagged": 6,
        "untagged": 2,
        "none": 0,
    }


async def test_group(tmp_path: Path) -> None:
    """A group's projects and its subgroups', without archived ones, shared ones and those of others."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group, other = instance.add_group("team"), instance.add_group("other")
        below = instance.add_group("web", instance.add_group("apps", group))
        instance.add_jobs(instance.add_project("own", group), 1)
        instance.add_jobs(instance.add_project("deep", below), 2)
        instance.add_jobs(instance.add_project("old", group, archived=True), 4)
        instance.add_jobs(instance.add_project("shared", other, shared_with=[group]), 8)
        instance.add_jobs(instance.add_project("foreign", other), 16)
        values = [
            await scaler.counted(scaler.ref(groupId="team")),
            await scaler.counted(scaler.ref(groupId=str(group.id), includeSubgroups="false")),
            await scaler.counted(scaler.ref(groupId="team/apps")),
        ]
    assert values == [3, 1, 2]


async def test_group_follows_its_projects(tmp_path: Path) -> None:
    """A project that was deleted is dropped; one that moved in is found by a job's event."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        first, second = instance.add_project("first", group), instance.add_project("second", group)
        third = instance.add_project("third", instance.add_group("other"))
        instance.add_jobs(first, 1)
        instance.add_jobs(second, 2)
        before = await scaler.counted(scaler.ref(groupId="team"))
        del instance.projects[second.id]
        dropped = await scaler.counted(scaler.ref(groupId="team"), 1)
        third.group = group
        instance.add_jobs(third, 4)
        assert scaler.app.pollers.job_changed(third.id) == 0
        assert (before, dropped, await scaler.counted(scaler.ref(groupId="team"), 5)) == (3, 1, 5)


async def test_instance(tmp_path: Path) -> None:
    """The whole instance, for an administrator's token."""
    fake = GitLab(time.time)
    with serve(fake) as url:
        admin = {**credential(fake, url), "token": fake.admin.value}
        async with running(tmp_path, fake, url, {"default": admin}) as scaler:
            group = fake.instance.add_group("team")
            for name, count in (("one", 150), ("two", 7)):
                fake.instance.add_jobs(fake.instance.add_project(name, group), count, tags=[name])
            questions: list[dict[str, str]] = [{}, {"tags": "two"}]
            values = [await scaler.counted(scaler.ref(instance="true", **question)) for question in questions]
    assert values == [157, 7]


def _runner_world(scaler: Harness) -> str:
    """A runner for docker jobs of a group: 3 wait for it, it runs 2, another runs 1, 5 are not for it. Its id."""
    instance = scaler.gitlab.instance
    group = instance.add_group("team")
    project, other = instance.add_project("app", group), instance.add_project("app", instance.add_group("other"))
    runner = instance.add_runner(tags=["docker"], run_untagged=False, groups=[group], concurrent=5)
    rival = instance.add_runner(tags=["docker"], concurrent=5)
    scaler.gitlab.token.user.roles["team"] = Role.MAINTAINER
    instance.add_jobs(project, 3, tags=["docker"])
    instance.add_jobs(project, 4, tags=["gpu"])
    instance.add_jobs(project, 1)
    instance.add_jobs(other, 6, tags=["docker"])
    for owner, count in ((runner, 2), (rival, 1)):
        for _ in range(count):
            instance.add_job(project, status=Status.RUNNING, tags=["docker"], runner=owner)
    return str(runner.id)


@pytest.mark.parametrize("count", ["pending+running", "pending"])
@pytest.mark.parametrize("scope", [{"instance": "true"}, {"groupId": "team"}, {"projectId": "team/app"}])
async def test_runner(tmp_path: Path, scope: dict[str, str], count: str) -> None:
    """What one runner could take, and what it runs; by GitLab's own matching, or by the runner's tags."""
    async with with_gitlab(tmp_path) as scaler:
        runner = _runner_world(scaler)
        value = await scaler.counted(scaler.ref(runnerId=runner, count=count, **scope))
    assert value == (5 if count == "pending+running" else 3)


async def test_minimum_age(tmp_path: Path) -> None:
    """A pending job counts once it has waited long enough, without being asked for again."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 2)
        instance.add_job(project, status=Status.RUNNING)
        young = scaler.ref(projectId=str(project.id), minQueuedSeconds="2")
        assert await scaler.counted(young) == 1
        assert await scaler.counted(young, 3) == 3
        assert len(scaler.gitlab.record.matching("/jobs$")) == 1


async def test_many_pages(tmp_path: Path) -> None:
    """30,000 jobs over 300 pages are counted exactly, in as many calls."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, MANY)
        assert await scaler.counted(scaler.ref(projectId=str(project.id), maxPages="300")) == MANY
        assert len(scaler.gitlab.record.matching("/jobs$")) == 300


async def test_old_gitlab(tmp_path: Path) -> None:
    """A GitLab before 15.9 answers 405 to keyset paging of jobs: pages are used, also at the next count."""
    async with with_gitlab(tmp_path) as scaler:
        scaler.gitlab.version.jobs_keyset = False
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 250)
        ref = scaler.ref(projectId=str(project.id))
        assert await scaler.counted(ref) == 250
        instance.add_jobs(project, 1)
        assert await scaler.counted(ref, 251) == 251
        assert [call.status for call in scaler.gitlab.record.matching("/jobs$")].count(405) == 1
