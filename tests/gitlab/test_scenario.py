"""What a scenario file makes, and what is said of one that is no good."""

from pathlib import Path

import msgspec
import pytest

from tests.gitlab.clock import SimulatedClock
from tests.gitlab.deliveries import Hook
from tests.gitlab.gitlab import GitLab
from tests.gitlab.scenario import Scenario, build, load

_ALL = """
token: glpat-other
groups: [empty/below]
projects:
  - path: platform/build/api
    shared_with: [tools]
    jobs: [{count: 3, tags: [k8s]}, {count: 1, status: running}]
  - {path: tools/old, archived: true, visibility: public}
runners:
  - {tags: [k8s], run_untagged: false, concurrent: 2, groups: [platform], projects: [tools/old]}
  - {}
hooks:
  - {url: "http://127.0.0.1:1/", path: platform, token: t, signing_token: whsec_c2lnbg==}
"""


def _load(folder: Path, text: str) -> Scenario:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return load(str(file))


def _contents(fake: GitLab) -> dict[str, object]:
    instance = fake.instance
    return {
        "token": fake.token.value,
        "groups": [group.full_path for group in instance.groups.values()],
        "projects": [
            (it.full_path, it.archived, it.visibility, [group.full_path for group in it.shared_with])
            for it in instance.projects.values()
        ],
        "jobs": [(it.project.id, it.status.value, it.tags) for it in instance.jobs],
        "runners": [
            (it.type, sorted(it.tags), it.run_untagged, it.concurrent, sorted(it.scope))
            for it in instance.runners.values()
        ],
    }


def test_everything(tmp_path: Path) -> None:
    """All that a file can say is there."""
    scenario = _load(tmp_path, _ALL)
    fake = build(scenario, SimulatedClock())

    assert _contents(fake) == {
        "token": "glpat-other",
        "groups": ["empty", "empty/below", "platform", "platform/build", "tools"],
        "projects": [
            ("platform/build/api", False, "private", ["tools"]),
            ("tools/old", True, "public", []),
        ],
        "jobs": [(1, "pending", ("k8s",))] * 3 + [(1, "running", ())],
        "runners": [
            ("group_type", ["k8s"], False, 2, ["platform", "tools/old"]),
            ("instance_type", [], True, 1, []),
        ],
    }
    assert scenario.hooks == (Hook("http://127.0.0.1:1/", "platform", "t", "whsec_c2lnbg=="),)
    assert fake.simulation is None


def test_arrivals_make_it_live(tmp_path: Path) -> None:
    """With arrivals jobs come and go as the clock does."""
    arrivals = "projects: [{path: a/b}]\nrunners: [{}]\narrivals: [{project: a/b, every: 10, runs: 15, times: 2}]"
    clock = SimulatedClock()
    fake = build(_load(tmp_path, arrivals), clock)
    clock.advance(20)
    fake.settle()

    assert [(job.status.value, job.started_at) for job in fake.instance.jobs] == [
        ("success", clock() - 20),
        ("running", clock() - 5),
    ]


@pytest.mark.parametrize("name", ["empty", "busy"])
def test_named(name: str) -> None:
    """What is named can be built."""
    assert build(load(name), SimulatedClock()).instance.projects


def test_an_empty_file(tmp_path: Path) -> None:
    """Nothing said is nothing there."""
    assert _contents(build(_load(tmp_path, ""), SimulatedClock())) == {
        "token": "glpat-hookrunner-test",
        "groups": [],
        "projects": [],
        "jobs": [],
        "runners": [],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("project: []", "Object contains unknown field `project`", id="unknown field"),
        pytest.param(
            "projects: [{path: a/b, jobs: [{count: x}]}]",
            "Expected `int`, got `str` - at `$.projects[0].jobs[0].count`",
            id="no number",
        ),
        pytest.param(
            "projects: [{path: a/b, jobs: [{count: 1, status: waiting}]}]",
            "Invalid enum value 'waiting' - at `$.projects[0].jobs[0].status`",
            id="no status",
        ),
        pytest.param(
            "projects: [{path: api}]", "the project 'api' has no group: write it as group/project", id="group"
        ),
        pytest.param("arrivals: [{project: a/b, every: 1}]", "there is no project 'a/b'", id="no project"),
    ],
)
def test_no_good(tmp_path: Path, text: str, message: str) -> None:
    """The error says what is wrong and where."""
    with pytest.raises((msgspec.ValidationError, ValueError)) as error:
        build(_load(tmp_path, text), SimulatedClock())
    assert str(error.value) == message


def test_no_file() -> None:
    """What is neither a name nor a file is refused with the names that there are."""
    with pytest.raises(FileNotFoundError, match=r"there is no file 'nope', and no scenario of that name: busy, empty"):
        load("nope")
