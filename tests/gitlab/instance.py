"""A simulated GitLab instance: what is in it, and who may see it. It knows nothing of HTTP."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from threading import RLock

from tests.gitlab.clock import Clock
from tests.gitlab.index import JobIndex
from tests.gitlab.model import (
    FINISHED,
    HAS_RUNNER,
    Group,
    Job,
    Pipeline,
    Project,
    Runner,
    Status,
    Token,
    User,
)

Watcher = Callable[[Job], None]


class Instance:
    """Groups, projects, runners, jobs, users and tokens; `clock` says when something happens.

    Every id counts up from 1 within its kind, as GitLab's do. `lock` is held while something changes; a server holds it
    while it answers, in a thread of its own.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.admin_mode = False
        """With it an admin is one only with a token that has the scope `admin_mode` (docs: api/rest/authentication)."""
        self.lock = RLock()
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.runners: dict[int, Runner] = {}
        self.users: dict[int, User] = {}
        self.tokens: dict[str, Token] = {}
        self.jobs = JobIndex()
        self.former_paths: dict[str, Project] = {}
        self.watchers: list[Watcher] = []
        """Each is called with a job after it got its status, also the first one."""
        self._last_job = 0
        self._last_pipeline = 0
        self._root = self.add_user("root", admin=True)

    def add_user(self, username: str, *, admin: bool = False, auditor: bool = False) -> User:
        """Add a user: an admin and an auditor see everything, others what they are members of."""
        user = User(len(self.users) + 1, username, admin, auditor)
        with self.lock:
            self.users[user.id] = user
        return user

    def add_token(
        self, user: User, value: str, scopes: Iterable[str] = ("read_api",), expires_at: float | None = None
    ) -> Token:
        """Give the user an access token; `expires_at` is in seconds since the epoch."""
        token = Token(value, user, frozenset(scopes), expires_at)
        self.tokens[value] = token
        return token

    def add_group(self, path: str, parent: Group | None = None) -> Group:
        """Add a group, or with a parent a subgroup; `path` is its own part of the path only."""
        group = Group(len(self.groups) + 1, path, parent, self.clock())
        with self.lock:
            self.groups[group.id] = group
        return group

    def add_project(
        self,
        path: str,
        group: Group,
        *,
        archived: bool = False,
        visibility: str = "private",
        jobs_enabled: bool = True,
        shared_with: Iterable[Group] = (),
    ) -> Project:
        """Add a project to a group; without `jobs_enabled` it has no CI/CD."""
        project = Project(len(self.projects) + 1, path, group, archived, visibility, jobs_enabled)
        project.shared_with, project.created_at = list(shared_with), self.clock()
        with self.lock:
            self.projects[project.id] = project
        return project

    def add_runner(
        self,
        *,
        tags: Iterable[str] = (),
        run_untagged: bool = True,
        groups: Iterable[Group] = (),
        projects: Iterable[Project] = (),
        concurrent: int = 1,
    ) -> Runner:
        """Add a runner: for groups, for projects, or, with neither, for the whole instance."""
        group_paths, project_paths = [group.full_path for group in groups], [it.full_path for it in projects]
        scope = frozenset(group_paths + project_paths)
        kind = ("group_type" if group_paths else "project_type") if scope else "instance_type"
        number = len(self.runners) + 1
        runner = Runner(number, kind, f"runner-{number}", frozenset(tags), run_untagged, scope, concurrent)
        runner.created_at = self.clock()
        with self.lock:
            self.runners[number] = runner
        return runner

    def add_pipeline(self, project: Project, *, ref: str = "main", source: str = "push") -> Pipeline:
        """Add a pipeline of a made-up commit."""
        self._last_pipeline += 1
        number = self._last_pipeline
        sha = sha256(f"{project.full_path} {number}".encode()).hexdigest()[:40]
        return Pipeline(number, number, project, ref, sha, source, self.clock())

    def add_job(
        self,
        project: Project,
        *,
        status: Status = Status.PENDING,
        tags: Iterable[str] = (),
        name: str = "test",
        stage: str = "test",
        pipeline: Pipeline | None = None,
        user: User | None = None,
        runner: Runner | None = None,
        at: float | None = None,
    ) -> Job:
        """Add a job that has `status` from now on, or since `at`; without a pipeline it gets one of its own."""
        owner, labels = user or self._root, tuple(sorted(tags))
        created = self.clock() if at is None else at
        with self.lock:
            pipeline = pipeline or self.add_pipeline(project)
            self._last_job += 1
            job = Job(self._last_job, name, stage, pipeline, owner, Status.CREATED, labels, created)
            self.jobs.add(job)
            pipeline.counts[job.status] += 1
            self.move(job, status, runner=runner, at=created)
        return job

    def add_jobs(
        self, project: Project, count: int, *, status: Status = Status.PENDING, tags: Iterable[str] = ()
    ) -> list[Job]:
        """Add `count` equal jobs of one pipeline."""
        pipeline = self.add_pipeline(project)
        labels = tuple(tags)
        return [
            self.add_job(project, status=status, tags=labels, name=f"test {number}", pipeline=pipeline)
            for number in range(1, count + 1)
        ]

    def move(
        self,
        job: Job,
        status: Status,
        *,
        runner: Runner | None = None,
        failure_reason: str | None = None,
        at: float | None = None,
    ) -> None:
        """Give the job a status and the times that go with it, now or `at`; `runner` is who took it, when it runs."""
        with self.lock:
            _let_go(job)
            job.pipeline.counts[job.status] -= 1
            job.pipeline.counts[status] += 1
            self.jobs.move(job, status)
            job.runner = runner or job.runner
            _set_times(job, self.clock() if at is None else at)
            if status is Status.FAILED:
                job.failure_reason = failure_reason or "script_failure"
            for watcher in self.watchers:
                watcher(job)

    def rename_project(self, project: Project, path: str) -> None:
        """Give the project another path; the former one still leads to it (docs: api/rest, redirects)."""
        self.former_paths[project.full_path] = project
        project.path = path

    def find_project(self, key: str) -> Project | None:
        """Return the project with that id (digits), full path or former full path."""
        if key.isdigit():
            return self.projects.get(int(key))
        found = (project for project in self.projects.values() if project.full_path == key)
        return next(found, self.former_paths.get(key))

    def find_group(self, key: str) -> Group | None:
        """Return the group with that id (digits) or full path."""
        if key.isdigit():
            return self.groups.get(int(key))
        return next((group for group in self.groups.values() if group.full_path == key), None)

    def projects_of(
        self, group: Group, *, include_subgroups: bool, with_shared: bool, archived: bool | None
    ) -> list[Project]:
        """Return the group's projects, the newest first, as the Groups API does (docs: api/groups)."""
        return [
            project
            for project in reversed(self.projects.values())
            if archived in (None, project.archived)
            and _belongs(project, group, include_subgroups=include_subgroups, with_shared=with_shared)
        ]


def _let_go(job: Job) -> None:
    if job.runner is not None and job.status in HAS_RUNNER:
        job.runner.running -= 1


def _set_times(job: Job, now: float) -> None:
    if job.status is Status.PENDING:
        job.queued_at, job.started_at, job.runner = now, None, None
    if job.status is Status.RUNNING:
        job.queued_at = now if job.queued_at is None else job.queued_at
        job.started_at = now
    if job.status in FINISHED:
        job.finished_at = now
    if job.runner is not None and job.status in HAS_RUNNER:
        job.runner.running += 1


def _belongs(project: Project, group: Group, *, include_subgroups: bool, with_shared: bool) -> bool:
    if with_shared and group in project.shared_with:
        return True
    return group in project.group.lineage() if include_subgroups else project.group is group
