"""Unknown is never 0: what is seen in part is a lower bound, which never lowers an answer; unseen is no answer."""

import time
from pathlib import Path

from tests.gitlab.model import Role, Status
from tests.scaler.harness import Harness, Time, project_of, until, until_failed, with_gitlab


async def test_half_a_group_failed(tmp_path: Path) -> None:
    """While half of a group cannot be told, the answer may rise, but not fall; and it is flagged."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        seen, hidden = instance.add_project("seen", group), instance.add_project("hidden", group)
        jobs = instance.add_jobs(seen, 4)
        instance.add_jobs(hidden, 3)
        ref = scaler.ref(groupId="team")
        values = [await scaler.counted(ref)]
        truncated = f'hookrunner_scaler_truncated{{source="{next(iter(scaler.app.pollers)).source.name}"}}'
        flags = [(await scaler.metrics())[truncated]]
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        await _truncated(scaler)
        values.append(await scaler.value(ref))
        flags.append((await scaler.metrics())[truncated])
        for job in jobs:
            instance.move(job, Status.SUCCESS)
        await _next_count(scaler)
        values.append(await scaler.value(ref))
        instance.add_jobs(seen, 9)
        values.append(int(await scaler.counted(ref, 9)))
        scaler.gitlab.faults.clear()
        values.append(int(await scaler.counted(ref, 12)))
        flags.append((await scaler.metrics())[truncated])
    assert values == [7, 7, 7, 9, 12]
    assert flags == [0, 1, 0]


async def test_access_lost(tmp_path: Path) -> None:
    """A token that loses its access sees 404 for every project: that is no empty group."""
    clock = Time()
    async with with_gitlab(tmp_path, clock=clock) as scaler:
        instance, user = scaler.gitlab.instance, scaler.gitlab.token.user
        group = instance.add_group("team")
        for name in ("one", "two"):
            instance.add_jobs(instance.add_project(name, group), 2)
        user.auditor, user.roles["team"] = False, Role.REPORTER
        ref = scaler.ref(groupId="team", maxStaleSeconds="5")
        values = [await scaler.counted(ref)]
        user.roles.clear()
        (poller,) = scaler.app.pollers
        await until(lambda: poller.error is not None)
        values.append(await scaler.outcome(ref))
        clock.now += 6
        values.append(await scaler.outcome(ref))
    assert values == [4, 4, "UNAVAILABLE"]


async def test_half_a_group_never_seen(tmp_path: Path) -> None:
    """After a start, half a group is no answer, however long that lasts, until it was counted in full once."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        group = instance.add_group("team")
        seen, hidden = instance.add_project("seen", group), instance.add_project("hidden", group)
        instance.add_jobs(seen, 4)
        instance.add_jobs(hidden, 3)
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        ref = scaler.ref(groupId="team", maxStaleSeconds="5")
        await scaler.outcome(ref)
        await _truncated(scaler)
        await _next_count(scaler)
        early = await scaler.refusal(ref)
        scaler.gitlab.faults.clear()
        values = [await scaler.counted(ref)]
        scaler.gitlab.faults.status(500, f"/projects/{hidden.id}/jobs")
        await _truncated(scaler)
        # Another selection that never asked before, and a limit of age of its own.
        values.append(await scaler.value(scaler.ref(groupId="team", tags="a", runUntagged="true")))
    assert (early[0], values) == ("UNAVAILABLE", [7, 7])
    assert "4 jobs at least, and never counted in full: project 2: GitLab answered 500" in early[1]


async def test_lower_bounds_keep_one_full_count(tmp_path: Path) -> None:
    """Of all the counts before, only the last full one is kept: memory does not grow with the rounds."""
    async with with_gitlab(tmp_path) as scaler:
        await scaler.counted(scaler.ref(projectId=project_of(scaler.gitlab, 3)))
        (poller,) = scaler.app.pollers
        for _ in range(3):
            await _next_count(scaler)
        assert poller.snapshot is not None
        kept = poller.snapshot.last_full
    assert kept is None


async def test_max_pages(tmp_path: Path) -> None:
    """Where maxPages cut the list: a flagged lower bound; of jobs that match none of those read, no answer."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 1, tags=["old"])
        instance.add_jobs(project, 250, tags=["new"])
        asked = {"projectId": str(project.id), "maxPages": "2"}
        value = await scaler.counted(scaler.ref(tags="new", **asked))
        refusal = await scaler.refusal(scaler.ref(tags="old", **asked))
        flags = [value for name, value in (await scaler.metrics()).items() if "truncated" in name]
    assert (value, refusal[0], flags) == (200, "UNAVAILABLE", [1])
    assert "0 jobs, but not all could be counted: maxPages reached: project 1" in refusal[1]


async def test_instance_without_admin(tmp_path: Path) -> None:
    """GitLab shows the instance's jobs to administrators only, as an empty list to others: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        project_of(scaler.gitlab, 3)
        ref = scaler.ref(instance="true")
        await until_failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "the token is not an administrator's" in refusal[1]


async def test_runner_that_is_not_ours(tmp_path: Path) -> None:
    """GitLab lists no jobs of a runner that the token's user does not manage: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        project_of(scaler.gitlab, 3)
        runner = scaler.gitlab.instance.add_runner(concurrent=1)
        refs = [
            scaler.ref(instance="true", runnerId=str(runner.id), count=count)
            for count in ("pending", "pending+running")
        ]
        refusals = []
        for ref in refs:
            await until_failed(scaler, ref)
            refusals.append((await scaler.refusal(ref))[0])
    assert refusals == ["UNAVAILABLE", "UNAVAILABLE"]


async def test_gitlab_too_old_for_runners(tmp_path: Path) -> None:
    """Before 18.1 GitLab cannot match jobs with a runner: no answer, and the reason."""
    async with with_gitlab(tmp_path) as scaler:
        group = scaler.gitlab.instance.add_group("team")
        runner = scaler.gitlab.instance.add_runner(groups=[group])
        scaler.gitlab.token.user.roles["team"] = Role.MAINTAINER
        scaler.gitlab.version.compatible_runner = False
        ref = scaler.ref(instance="true", runnerId=str(runner.id))
        await until_failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "compatibleRunnerId" in refusal[1]


async def test_group_without_projects_to_see(tmp_path: Path) -> None:
    """A token that sees the group but none of its projects has no empty queue: no answer."""
    async with with_gitlab(tmp_path) as scaler:
        scaler.gitlab.instance.add_group("team")
        ref = scaler.ref(groupId="team")
        await until_failed(scaler, ref)
        refusal = await scaler.refusal(ref)
    assert refusal[0] == "UNAVAILABLE"
    assert "group team has no project with CI that this token can see" in refusal[1]


async def _next_count(scaler: Harness) -> None:
    """Waits for a count that was asked for after now."""
    (poller,) = scaler.app.pollers
    asked = time.monotonic()
    await until(lambda: poller.snapshot is not None and poller.snapshot.taken_at > asked)


async def _truncated(scaler: Harness) -> None:
    """Waits until the count is flagged as a lower bound."""
    (poller,) = scaler.app.pollers
    await until(lambda: poller.snapshot is not None and poller.snapshot.truncated)
