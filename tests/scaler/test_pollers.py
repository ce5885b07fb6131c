"""The pollers' less happy moments: a list that cannot be had, a recount that fails, a poller that breaks down."""

import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scaler import census
from scaler.poller import Poller
from tests.gitlab.certificates import Authority
from tests.scaler.harness import Time, rarely, until, with_gitlab


async def test_list_of_projects_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the list of a group's projects cannot be had, the old one is counted, as a lower bound."""
    monkeypatch.setattr(census, "_SECONDS", 0.0)  # listed anew at each round
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 2)
        ref = scaler.ref(groupId="team")
        await scaler.counted(ref, 2)
        (poller,) = scaler.app.pollers
        scaler.gitlab.faults.status(500, "/groups/team/projects$")
        await until(lambda: poller.snapshot is not None and poller.snapshot.truncated)
        instance.add_jobs(project, 3)
        value = await scaler.counted(ref, 5)
        doubts = poller.snapshot.doubts() if poller.snapshot else ""
        scaler.gitlab.faults.clear()
        await until(lambda: poller.snapshot is not None and not poller.snapshot.truncated)
    assert value == 5
    assert doubts.startswith("the list of projects: GitLab answered 500 to GET /api/v4/groups/team/projects")


async def test_recount_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A recount that fails changes nothing, and says so; an event before the first count changes nothing either."""
    async with with_gitlab(tmp_path, adjust=rarely) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 2)
        ref = scaler.ref(projectId=str(project.id))
        await scaler.outcome(ref)
        early = scaler.app.pollers.job_changed(project.id)
        await scaler.counted(ref, 2)
        scaler.gitlab.faults.status(403)
        late = scaler.app.pollers.job_changed(project.id)
        await until(lambda: "not counted again after a job's event: GitLab answered 403" in caplog.text)
        value = await scaler.value(ref)
    assert (early, late, value) == (0, 1, 2)


async def test_break_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A poller that breaks down is told of, and replaced by the next question; streams go on."""
    async with with_gitlab(tmp_path) as scaler:
        instance = scaler.gitlab.instance
        project = instance.add_project("app", instance.add_group("team"))
        instance.add_jobs(project, 2)
        ref = scaler.ref(projectId=str(project.id))
        await scaler.counted(ref, 2)
        (first,) = scaler.app.pollers
        with monkeypatch.context() as broken:
            broken.setattr(Poller, "sweep", lambda _self: 1 / 0)
            await until(lambda: not list(scaler.app.pollers))
        value = await scaler.counted(ref, 2)
        (second,) = scaler.app.pollers
    assert (value, first is second) == (2, False)
    (record,) = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert record.getMessage() == f"{first.source.name}: the poller broke down"


async def test_verified_by_a_file(tmp_path: Path) -> None:
    """A caFile in the scaler's folder is taken; what is no certificate, not there, or leads out of it, is refused."""
    outside = Authority(tmp_path.parent / f"{tmp_path.name}-ca").file
    (tmp_path / "gitlab.pem").write_bytes(outside.read_bytes())
    (tmp_path / "empty.pem").write_text("x")
    (tmp_path / "zz").symlink_to(outside)
    names = ("gitlab.pem", "empty.pem", "gitlab.crt", "zz", f"../{outside.parent.name}/{outside.name}")
    paths = [str(tmp_path / name) for name in names]
    async with with_gitlab(tmp_path) as scaler:
        told = [await scaler.refusal(scaler.ref(projectId="1", caFile=path)) for path in paths]
    no_file = f"is not a file in the scaler's {tmp_path}"
    assert told[0][0] == "UNAVAILABLE"
    assert told[1:] == [
        (
            "INVALID_ARGUMENT",
            f"caFile: '{paths[1]}' holds no certificate: it must be a PEM file with the CA of GitLab's certificate",
        ),
        ("INVALID_ARGUMENT", f"caFile: '{paths[2]}' {no_file}; did you mean '{paths[0]}'?"),
        ("INVALID_ARGUMENT", f"caFile: '{paths[3]}' {no_file}"),
        ("INVALID_ARGUMENT", f"caFile: '{outside}' {no_file}; did you mean '{paths[0]}'?"),
    ]


async def test_spellings_of_one_file(tmp_path: Path) -> None:
    """However a caFile is spelled, its calls share four threads; these end when nobody asks any more."""
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "gitlab.pem").write_bytes(Authority(tmp_path / "own").file.read_bytes())
    clock = Time()
    before = set(threading.enumerate())
    async with with_gitlab(tmp_path, clock=clock, adjust=lambda it: replace(it, max_queries=5)) as scaler:
        project = scaler.gitlab.instance.add_project("app", scaler.gitlab.instance.add_group("team"))
        for number in range(20):
            spelled = f"{tmp_path}/ca{'/.' * number}{'/../ca' * number}/gitlab.pem"
            await scaler.counted(scaler.ref(projectId=str(project.id), caFile=spelled))
            clock.now += 1
        asked = _callers(before)
        clock.now += 3600
        scaler.app.refresh()
        await until(lambda: not _callers(before))
    assert 1 <= len(asked) <= 4


def _callers(before: set[threading.Thread]) -> list[threading.Thread]:
    """The threads that call GitLab, of those that were not there before."""
    return [it for it in threading.enumerate() if it not in before and it.name.startswith("gitlab")]
