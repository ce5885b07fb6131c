"""Switches of a fake GitLab that runs as a process: `POST /__control` with one command, or a list of them, as JSON.

    {"do": "add_jobs", "project": "platform/api", "count": 3, "tags": ["k8s"]}
    {"do": "move", "project": "platform/api", "from": "pending", "to": "running", "count": 1, "runner": 1}
    {"do": "project", "path": "platform/new", "archived": false, "jobs": [{"count": 2}]}
    {"do": "runner", "id": 1, "paused": true, "online": false}
    {"do": "fault", "kind": "status", "status": 503, "path": "/jobs$", "times": 2}
    {"do": "clear_faults"}
    {"do": "limit", "endpoint": "jobs_index", "per_minute": 10}     without an endpoint: the general limit
    {"do": "calls", "path": "/jobs$", "since": 0}

Each is answered with what it did; `GET /__control` with how many jobs there are by project and status. It is outside
/api, asks for no token, and is not recorded.
"""

from typing import Literal

import msgspec

from tests.gitlab.calls import Answer, Call, Json, reply
from tests.gitlab.gitlab import GitLab
from tests.gitlab.limits import DEFAULTS
from tests.gitlab.model import Status
from tests.gitlab.scenario import Jobs, ProjectSpec, known_project, project_at

PATH = "/__control"


class Command(msgspec.Struct, forbid_unknown_fields=True, tag_field="do"):
    """One thing to do; `run` does it and returns what was done."""


class AddJobs(Command, tag="add_jobs"):
    """Add equal jobs to a project; answered with their ids."""

    project: str
    count: int = 1
    tags: tuple[str, ...] = ()
    status: Status = Status.PENDING

    def run(self, fake: GitLab) -> Json:
        """Add them."""
        project = known_project(fake.instance, self.project)
        jobs = fake.instance.add_jobs(project, self.count, status=self.status, tags=self.tags)
        return {"jobs": [job.id for job in jobs]}


class Move(Command, tag="move"):
    """Give the oldest `count` jobs of a project (None: all) that have one status another; answered with their ids."""

    project: str
    source: Status = msgspec.field(name="from")
    target: Status = msgspec.field(name="to")
    count: int | None = None
    runner: int | None = None

    def run(self, fake: GitLab) -> Json:
        """Move them."""
        project = known_project(fake.instance, self.project)
        runner = None if self.runner is None else fake.instance.runners[self.runner]
        with fake.instance.lock:
            jobs = list(fake.instance.jobs.walk(project.id, [self.source], descending=False))[: self.count]
            for job in jobs:
                fake.instance.move(job, self.target, runner=runner)
        return {"jobs": [job.id for job in jobs]}


class AddProject(Command, tag="project"):
    """Add a project, with the groups above it and its first jobs; answered with its id."""

    path: str
    archived: bool = False
    jobs: tuple[Jobs, ...] = ()

    def run(self, fake: GitLab) -> Json:
        """Add it."""
        spec = ProjectSpec(self.path, self.archived, jobs=self.jobs)
        return {"project": project_at(fake.instance, spec).id}


class SetRunner(Command, tag="runner"):
    """Pause a runner, or take it off line."""

    id: int
    paused: bool = False
    online: bool = True

    def run(self, fake: GitLab) -> Json:
        """Set both."""
        runner = fake.instance.runners[self.id]
        runner.paused, runner.online = self.paused, self.online
        return {"runner": self.id, "paused": self.paused, "online": self.online}


class SetFault(Command, tag="fault"):
    """Switch a fault on; see `faults.Faults` for the kinds and what the rest means to them."""

    kind: Literal["slow", "status", "html", "cut", "drop", "redirect", "too_many_json", "too_many_text"]
    path: str = "^/api/"
    times: int | None = None
    seconds: float = 1.0
    status: int = 503
    keep: float = 0.5
    location: str = ""

    def run(self, fake: GitLab) -> Json:
        """Switch it on."""
        faults, where = fake.faults, (self.path, self.times)
        match self.kind:
            case "slow":
                faults.slow(self.seconds, *where)
            case "status":
                faults.status(self.status, *where)
            case "html":
                faults.html(self.status, *where)
            case "cut":
                faults.cut(self.keep, *where)
            case "drop":
                faults.drop(self.keep, *where)
            case "redirect":
                faults.redirect(self.location, *where)
            case "too_many_json":
                faults.too_many_json(*where)
            case "too_many_text":
                faults.too_many_text(int(self.seconds), *where)
        return {"fault": self.kind}


class ClearFaults(Command, tag="clear_faults"):
    """Switch every fault off."""

    def run(self, fake: GitLab) -> Json:
        """Switch them off."""
        fake.faults.clear()
        return {}


class SetLimit(Command, tag="limit"):
    """Set an endpoint's calls a minute, or, without one, the general limit's; 0 is no limit."""

    per_minute: int
    endpoint: str | None = None

    def run(self, fake: GitLab) -> Json:
        """Set it."""
        if self.endpoint is None:
            fake.limits.general = (self.per_minute, 60) if self.per_minute else None
        elif self.endpoint in DEFAULTS:
            fake.limits.per_minute[self.endpoint] = self.per_minute
        else:
            raise ValueError(f"there is no endpoint {self.endpoint!r}: it is one of {', '.join(DEFAULTS)}")
        return {"per_minute": self.per_minute}


class Calls(Command, tag="calls"):
    """Count the requests by path that came in since a time (seconds since the epoch)."""

    path: str = ""
    since: float = 0.0

    def run(self, fake: GitLab) -> Json:
        """Count them."""
        calls = fake.record.matching(self.path, self.since)
        paths = [call.path for call in calls]
        return {"calls": len(calls), "by_path": {path: paths.count(path) for path in sorted(set(paths))}}


Commands = AddJobs | Move | AddProject | SetRunner | SetFault | ClearFaults | SetLimit | Calls
_DECODER = msgspec.json.Decoder(Commands | list[Commands])


def answer(call: Call, fake: GitLab) -> Answer:
    """Do what a request to the control endpoint asks for; 400 tells what was wrong with it."""
    if call.method != "POST":
        return reply(state(fake))
    try:
        asked = _DECODER.decode(call.body)
        return reply([it.run(fake) for it in asked] if isinstance(asked, list) else asked.run(fake))
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        return reply({"error": str(error)}, 400)


def state(fake: GitLab) -> Json:
    """Return how many jobs each project has by status, leaving out what it has none of."""
    fake.settle()
    jobs = fake.instance.jobs
    return {
        project.full_path: {status.value: number for status in Status if (number := jobs.count(project.id, [status]))}
        for project in fake.instance.projects.values()
    }
