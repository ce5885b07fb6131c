"""What a fake GitLab begins with, written in YAML: `python -m tests.gitlab --scenario FILE|NAME`.

    token: glpat-hookrunner-test            # of the bot that sees everything; the admin's is the same with -admin
    groups: [platform/build, tools]         # full paths; the groups above are made too
    projects:
      - path: platform/build/api
        jobs: [{count: 3, tags: [k8s]}]     # pending, unless `status` says otherwise
    runners:
      - {tags: [k8s], concurrent: 2, groups: [platform]}
    arrivals:                               # jobs that come by themselves and are run by the runners
      - {project: platform/build/api, every: 10, number: 2, tags: [k8s], runs: 30}
    hooks:
      - {url: "http://127.0.0.1:8081/", path: platform, token: secret}

Names are those of the files in the folder `scenarios`.
"""

from pathlib import Path

import msgspec
import yaml

from tests.gitlab.clock import Clock
from tests.gitlab.deliveries import Hook
from tests.gitlab.gitlab import TOKEN, GitLab
from tests.gitlab.instance import Instance
from tests.gitlab.model import Group, Project, Status
from tests.gitlab.simulation import Life, Simulation

_NAMED = Path(__file__).with_name("scenarios")


class Jobs(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Equal jobs that are there from the start."""

    count: int
    tags: tuple[str, ...] = ()
    status: Status = Status.PENDING


class ProjectSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A project; its groups are made with it."""

    path: str
    archived: bool = False
    visibility: str = "private"
    shared_with: tuple[str, ...] = ()
    jobs: tuple[Jobs, ...] = ()


class RunnerSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A runner: of groups, of projects, or of the instance."""

    tags: tuple[str, ...] = ()
    run_untagged: bool = True
    concurrent: int = 1
    groups: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


class Arrival(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Jobs that come every so many seconds and run for `runs` seconds."""

    project: str
    every: float
    number: int = 1
    tags: tuple[str, ...] = ()
    runs: float = 60.0
    times: int | None = None


class Scenario(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The whole file."""

    token: str = TOKEN
    groups: tuple[str, ...] = ()
    projects: tuple[ProjectSpec, ...] = ()
    runners: tuple[RunnerSpec, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    hooks: tuple[Hook, ...] = ()


def load(name: str) -> Scenario:
    """Read a scenario by its name or from a file.

    Raises:
        FileNotFoundError: there is neither.
        msgspec.ValidationError: the file holds something else; the message says where.
    """
    named = _NAMED / f"{name}.yaml"
    path = named if named.exists() else Path(name)
    if not path.is_file():
        names = ", ".join(sorted(it.stem for it in _NAMED.glob("*.yaml")))
        raise FileNotFoundError(f"there is no file {name!r}, and no scenario of that name: {names}")
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")) or {}, Scenario)


def build(scenario: Scenario, clock: Clock) -> GitLab:
    """Return a fake GitLab that holds what the scenario says; with arrivals it lives by itself."""
    fake = GitLab(clock, token=scenario.token)
    instance = fake.instance
    for path in scenario.groups:
        group_at(instance, path)
    for spec in scenario.projects:
        project_at(instance, spec)
    for runner in scenario.runners:
        instance.add_runner(
            tags=runner.tags,
            run_untagged=runner.run_untagged,
            concurrent=runner.concurrent,
            groups=[group_at(instance, path) for path in runner.groups],
            projects=[known_project(instance, path) for path in runner.projects],
        )
    if scenario.arrivals:
        fake.simulation = _simulation(instance, scenario.arrivals)
    return fake


def group_at(instance: Instance, path: str) -> Group:
    """Return the group with that full path; it and those above it are made where they are missing."""
    found = instance.find_group(path)
    if found is not None:
        return found
    above, _, own = path.rpartition("/")
    return instance.add_group(own, group_at(instance, above) if above else None)


def project_at(instance: Instance, spec: ProjectSpec) -> Project:
    """Add the project with its jobs, and its groups where they are missing."""
    above, _, own = spec.path.rpartition("/")
    if not above:
        raise ValueError(f"the project {spec.path!r} has no group: write it as group/project")
    project = instance.add_project(
        own,
        group_at(instance, above),
        archived=spec.archived,
        visibility=spec.visibility,
        shared_with=[group_at(instance, path) for path in spec.shared_with],
    )
    for jobs in spec.jobs:
        instance.add_jobs(project, jobs.count, status=jobs.status, tags=jobs.tags)
    return project


def known_project(instance: Instance, path: str) -> Project:
    """Return the project with that full path or id; a ValueError says that there is none."""
    project = instance.find_project(path)
    if project is None:
        raise ValueError(f"there is no project {path!r}")
    return project


def _simulation(instance: Instance, arrivals: tuple[Arrival, ...]) -> Simulation:
    simulation = Simulation(instance)
    for it in arrivals:
        simulation.arrive(
            known_project(instance, it.project),
            every=it.every,
            times=it.times,
            number=it.number,
            tags=it.tags,
            life=Life(runs=it.runs),
        )
    return simulation
