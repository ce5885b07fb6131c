"""The runners in the metrics: by state, at every level, and nothing where the token may not see them."""

import time
from pathlib import Path

import pytest

from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status
from tests.gitlab.server import serve
from tests.scaler.harness import Harness, credential, running, until

PREFIX = "hookrunner_scaler_runners{"


async def runners(scaler: Harness) -> dict[str, float]:
    """The metric, by state."""
    metrics = await scaler.metrics()
    return {name.partition('state="')[2][:-2]: value for name, value in metrics.items() if name.startswith(PREFIX)}


def world(fake: GitLab) -> None:
    """A group with a project: its runners are busy, idle, paused and offline; others' are busy too."""
    instance = fake.instance
    group = instance.add_group("team")
    project = instance.add_project("app", group)
    busy, _, paused, offline = [instance.add_runner(groups=[group]) for _ in range(4)]
    paused.paused, offline.online = True, False
    foreign = instance.add_runner(groups=[instance.add_group("other")])
    for runner in (busy, foreign):
        instance.add_job(project, status=Status.RUNNING, runner=runner)
    fake.token.user.roles["team"] = Role.MAINTAINER
    fake.token.user.auditor = False


TEAM = {"online": 2, "offline": 1, "paused": 1, "busy": 1}


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ({"groupId": "team"}, TEAM),
        ({"projectId": "team/app"}, TEAM),
        ({"groupId": "team", "runnerId": "1"}, {"online": 1, "offline": 0, "paused": 0, "busy": 1}),
        ({"instance": "true"}, {"online": 3, "offline": 1, "paused": 1, "busy": 2}),
    ],
    ids=["group", "project", "runner", "instance"],
)
async def test_states(tmp_path: Path, scope: dict[str, str], wanted: dict[str, int]) -> None:
    """How many runners there are, by state."""
    fake = GitLab(time.time)
    world(fake)
    token = fake.admin if "instance" in scope else fake.token
    with serve(fake) as url:
        credentials = {"default": {**credential(fake, url), "token": token.value}}
        async with running(tmp_path, fake, url, credentials) as scaler:
            await scaler.counted(scaler.ref(**scope))
            (poller,) = scaler.app.pollers
            await until(lambda: poller.fleet.states != {})
            assert await runners(scaler) == wanted


async def test_not_for_this_token(tmp_path: Path) -> None:
    """A token that may not see the runners counts jobs as before; no such metric, and no further try."""
    fake = GitLab(time.time)
    world(fake)
    fake.token.user.roles["team"] = Role.REPORTER
    with serve(fake) as url:
        async with running(tmp_path, fake, url) as scaler:
            value = await scaler.counted(scaler.ref(projectId="1"))
            await until(lambda: len(fake.record.matching("/jobs$")) > 3)
            asked = [call.status for call in fake.record.matching("/runners$")]
            assert (value, asked, await runners(scaler)) == (2, [403], {})
