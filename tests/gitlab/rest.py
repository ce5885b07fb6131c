"""GitLab's REST API, as far as a job queue needs it: a call in, an answer out.

The order of the checks is GitLab's: who calls, whether the parameters make sense, the endpoint's rate limit,
whether the thing exists for the caller, whether the caller may, and only then how to page.
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from tests.gitlab import job_shapes, project_shapes, runner_shapes, user_shapes
from tests.gitlab import limits as limit
from tests.gitlab.access import authenticate
from tests.gitlab.calls import Answer, Call, Json, RefusalError, refuse, reply
from tests.gitlab.instance import Instance
from tests.gitlab.limits import Limits
from tests.gitlab.model import Group, Job, Project, Role, Runner, Status, User
from tests.gitlab.paging import Keyset, Offset, keyset_headers, offset, offset_headers, wanted
from tests.gitlab.roles import maintains, role_in_group, role_in_project
from tests.gitlab.version import Version

Item = TypeVar("Item")

_ORDERS: dict[str, Callable[[Project], int | str]] = {
    "id": lambda project: project.id,
    "name": lambda project: project.path,
    "path": lambda project: project.path,
    "created_at": lambda project: project.id,
}


class Rest:
    """The API on one instance. `version` may be changed at any time."""

    def __init__(self, instance: Instance, limits: Limits, version: Version) -> None:
        self._instance = instance
        self._limits = limits
        self._version = version

    def answer(self, call: Call) -> Answer:
        """Return the answer to a call below `/api/v4`; an unknown path is a 404."""
        if call.method not in ("GET", "HEAD"):
            return reply({"error": "405 Not Allowed"}, 405)
        try:
            return self._route(call, authenticate(call, self._instance))
        except RefusalError as refusal:
            return refusal.answer

    def _route(self, call: Call, user: User) -> Answer:
        match call.parts[2:]:
            case ["version" | "metadata" | "user" as name]:
                return self._about(call, user, name)
            case ["projects", key]:
                return self._project(call, user, key)
            case ["projects", key, "jobs"]:
                return self._project_jobs(call, user, key)
            case ["groups", key, "projects"]:
                return self._group_projects(call, user, key)
            case ["projects" | "groups" as place, key, "runners"]:
                return self._runners_of(call, user, place, key)
            case ["runners", key]:
                return self._all_runners(call, user) if key == "all" else self._runner(call, user, key)
            case ["runners", key, "jobs"]:
                return self._runner_jobs(call, user, key)
        return reply({"error": "404 Not Found"}, 404)

    def _about(self, call: Call, user: User, name: str) -> Answer:
        if name == "user":
            return reply(user_shapes.current_user(user, call.base_url))
        full = user_shapes.metadata(self._version.name)
        return reply(full if name == "metadata" else {key: full[key] for key in ("version", "revision")})

    def _project(self, call: Call, user: User, key: str) -> Answer:
        self._limits.check(limit.PROJECT, str(user.id))
        project, _ = self._visible_project(call, user, key)
        return reply(project_shapes.project(project, call.base_url))

    def _project_jobs(self, call: Call, user: User, key: str) -> Answer:
        statuses = _statuses(call.all("scope"), "scope")
        self._limits.check(limit.JOBS, str(user.id))
        project, role = self._visible_project(call, user, key)
        if role is Role.GUEST or not project.jobs_enabled:
            raise refuse(403, "403 Forbidden")
        page = wanted(call, keyset=self._version.jobs_keyset)
        found = self._read(project.id, statuses, page)
        now, url = self._instance.clock(), call.base_url
        headers = _job_headers(call, page, found)
        return reply([job_shapes.job(job, now, url) for job in found[: page.size]], headers=headers)

    def _group_projects(self, call: Call, user: User, key: str) -> Answer:
        self._limits.check(limit.GROUP_PROJECTS, str(user.id))
        group = self._visible_group(user, key)
        page = offset(call)
        projects = [
            project
            for project in self._instance.projects_of(
                group,
                include_subgroups=bool(call.flag("include_subgroups", default=False)),
                with_shared=bool(call.flag("with_shared", default=True)),
                archived=call.flag("archived", default=None),
            )
            if role_in_project(user, project) is not None
        ]
        shape = project_shapes.project_simple if call.flag("simple", default=False) else project_shapes.project
        return _counted_page(call, page, _ordered(call, projects), lambda project: shape(project, call.base_url))

    def _runner(self, call: Call, user: User, key: str) -> Answer:
        runner = self._visible_runner(user, key)
        paths = runner.scope
        projects = [project for project in self._instance.projects.values() if project.full_path in paths]
        groups = [group for group in self._instance.groups.values() if group.full_path in paths]
        return reply(runner_shapes.runner_details(runner, projects, groups, call.base_url))

    def _runners_of(self, call: Call, user: User, place: str, key: str) -> Answer:
        """A project's or group's runners, those of its groups above and the instance's, for its maintainers."""
        if place == "projects":
            project, _ = self._visible_project(call, user, key)
            role, paths = role_in_project(user, project), {project.full_path}
            lineage = project.group.lineage()
        else:
            group = self._visible_group(user, key)
            role, paths, lineage = role_in_group(user, group), set(), group.lineage()
        if role is not Role.MAINTAINER:
            raise refuse(403, "403 Forbidden")
        paths |= {above.full_path for above in lineage}
        known = self._instance.runners.values()
        found = [runner for runner in known if not runner.scope or not runner.scope.isdisjoint(paths)]
        return _counted_page(call, offset(call), found, runner_shapes.runner)

    def _all_runners(self, call: Call, user: User) -> Answer:
        if not user.admin:
            raise refuse(403, "403 Forbidden")
        return _counted_page(call, offset(call), list(self._instance.runners.values()), runner_shapes.runner)

    def _runner_jobs(self, call: Call, user: User, key: str) -> Answer:
        statuses = _statuses(call.all("status"), "status")
        runner = self._visible_runner(user, key, instance_wide=False)
        jobs = [
            job
            for job in self._instance.jobs.walk(None, statuses, descending=call.get("sort") != "asc")
            if job.runner is runner and role_in_project(user, job.project) in (Role.REPORTER, Role.MAINTAINER)
        ]
        now, page = self._instance.clock(), offset(call)
        return _counted_page(call, page, jobs, lambda job: job_shapes.runner_job(job, now, call.base_url))

    def _visible_project(self, call: Call, user: User, key: str) -> tuple[Project, Role]:
        project = self._instance.find_project(key)
        role = None if project is None else role_in_project(user, project)
        if project is None or role is None:
            raise refuse(404, "404 Project Not Found")
        if not key.isdigit() and key != project.full_path:
            raise _moved(call, key, project)
        return project, role

    def _visible_group(self, user: User, key: str) -> Group:
        group = self._instance.find_group(key)
        if group is None or role_in_group(user, group) is None:
            raise refuse(404, "404 Group Not Found")
        return group

    def _visible_runner(self, user: User, key: str, *, instance_wide: bool = True) -> Runner:
        if not key.isdigit():
            raise RefusalError(reply({"error": "id is invalid"}, 400))
        runner = self._instance.runners.get(int(key))
        if runner is None:
            raise refuse(404, "404 Not found")
        shared = instance_wide and runner.type == "instance_type"
        if not (shared or user.admin or maintains(user, runner)):
            raise refuse(403, "403 Forbidden - No access granted")
        return runner

    def _read(self, project: int, statuses: list[Status], page: Offset | Keyset) -> list[Job]:
        after = page.after if isinstance(page, Keyset) else None
        skip = (page.page - 1) * page.size if isinstance(page, Offset) else 0
        return self._instance.jobs.page(project, statuses, limit=page.size + 1, offset=skip, after=after)


def _statuses(asked: list[str], name: str) -> list[Status]:
    known = {status.value for status in Status}
    if not known.issuperset(asked):
        raise RefusalError(reply({"error": f"{name} does not have a valid value"}, 400))
    return [Status(value) for value in asked or sorted(known)]


def _job_headers(call: Call, page: Offset | Keyset, found: list[Job]) -> dict[str, str]:
    more = len(found) > page.size
    if isinstance(page, Keyset):
        return keyset_headers(call, found[page.size - 1].id if more else None)
    return offset_headers(call, page, more=more, total=None)


def _counted_page(call: Call, page: Offset, items: list[Item], shape: Callable[[Item], dict[str, Json]]) -> Answer:
    first = (page.page - 1) * page.size
    shown = items[first : first + page.size]
    headers = offset_headers(call, page, more=first + page.size < len(items), total=len(items))
    return reply([shape(item) for item in shown], headers=headers)


def _ordered(call: Call, projects: list[Project]) -> list[Project]:
    order = _ORDERS.get(call.get("order_by", "created_at"))
    if order is None:
        raise RefusalError(reply({"error": "order_by does not have a valid value"}, 400))
    return sorted(projects, key=order, reverse=call.get("sort", "desc") == "desc")


def _moved(call: Call, key: str, project: Project) -> RefusalError:
    path = call.path.replace(quote(key, safe=""), str(project.id))
    location = f"{call.base_url}{path}"
    body = f"This resource has been moved permanently to {location}."
    return RefusalError(Answer(301, body.encode(), {"content-type": "text/plain", "location": location}))
