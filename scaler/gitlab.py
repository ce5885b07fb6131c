"""What is asked of GitLab: lists of jobs and projects, page by page, and who is asking.

Unknown is never an empty list: whatever cannot be told raises a GitLabError.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from function.errors import GitLabDenied, GitLabRefused, GitLabUnavailable
from scaler.calls import Calls
from scaler.queue import PENDING, RUNNING, Job
from scaler.transport import Question, Reply
from scaler.wire import (
    GraphAnswer,
    JobConnection,
    JobItem,
    ProjectItem,
    RunnerItem,
    UserItem,
    job_of_item,
    job_of_node,
    jobs_query,
)

T = TypeVar("T")

_PER_PAGE = "100"
_KEYSET = {"pagination": "keyset", "order_by": "id", "sort": "desc", "per_page": _PER_PAGE}
_OFFSET = {"per_page": _PER_PAGE}
_GROUP_PAGES = 200
"""Of a group's projects: 20,000 are more than one budget can count."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Jobs, each once; whether GitLab has more of them than `maxPages` let us read; when it was asked (monotonic)."""

    jobs: tuple[Job, ...]
    truncated: bool = False
    asked_at: float = 0.0


class GitLab:
    """One GitLab as one query asks it. `timeout` is in seconds a call, `max_pages` of 100 jobs a list."""

    def __init__(self, calls: Calls, timeout: float, max_pages: int, wall: Callable[[], float] = time.time) -> None:
        self._calls, self._timeout, self._max_pages, self._wall = calls, timeout, max_pages, wall
        self._keyset = True

    async def project(self, ref: str) -> ProjectItem:
        """The project of that number or full path."""
        return await self._get(f"/projects/{quote(ref, safe='')}", ProjectItem)

    async def projects(self, group: str, *, subgroups: bool) -> list[ProjectItem]:
        """The group's projects that may have jobs: not archived, not only shared with it, with CI.

        A group's runners serve the group's own projects, not those that others shared with it.

        Raises:
            GitLabRefused: there are too many of them, or none: a token that sees no project is no empty queue.
        """
        query = {
            **_OFFSET,
            "include_subgroups": str(subgroups).lower(),
            "archived": "false",
            "with_shared": "false",
            "order_by": "id",
            "sort": "asc",
        }
        path = f"/groups/{quote(group, safe='')}/projects"
        items, more = await self._pages(path, query, ProjectItem, _GROUP_PAGES)
        if more:
            raise GitLabRefused(f"group {group} has over {_GROUP_PAGES * 100} projects: count its subgroups instead")
        found = [item for item in items if item.has_jobs]
        if not found:
            raise GitLabRefused(f"group {group} has no project with CI that this token can see")
        return found

    async def project_jobs(self, project: int, *, running: bool, urgent: bool = False) -> Listing:
        """The project's pending jobs, and its running ones if wanted."""
        path = f"/projects/{project}/jobs"
        scopes = {"scope[]": list(_statuses(running=running))}
        if self._keyset:
            try:
                found = await self._pages(path, {**_KEYSET, **scopes}, JobItem, self._max_pages, urgent=urgent)
                return self._listing(*found, project)
            except GitLabRefused as error:
                if error.status != HTTPStatus.METHOD_NOT_ALLOWED:
                    raise
                self._keyset = False  # GitLab before 15.9
        found = await self._pages(path, {**_OFFSET, **scopes}, JobItem, self._max_pages, urgent=urgent)
        return self._listing(*found, project)

    async def instance_jobs(self, *, running: bool, urgent: bool = False) -> Listing:
        """The pending jobs of the whole instance, and the running ones if wanted.

        Raises:
            GitLabDenied: the token is not an administrator's; GitLab would show an empty list.
        """
        listing = await self._graph_pages(_statuses(running=running), None, urgent=urgent)
        if not listing.jobs:
            await self._check_admin()
        return listing

    async def runner_jobs(self, runner: int, *, running: bool, urgent: bool = False) -> Listing:
        """The pending jobs that the runner could take, and those that it runs if wanted.

        Raises:
            GitLabDenied: the token may not see the runner's jobs; GitLab would show an empty list.
            GitLabRefused: GitLab is older than 18.1.
        """
        waiting = await self._graph_pages((PENDING,), runner, urgent=urgent)
        if waiting.jobs and not running:
            return waiting
        # Asked in any case: it answers 403 where the other list would just be empty.
        query = {**_OFFSET, "status": RUNNING}
        path = f"/runners/{runner}/jobs"
        items, more = await self._pages(path, query, JobItem, self._max_pages if running else 1, urgent=urgent)
        if not running:
            return waiting
        mine = self._listing(items, more, 0, runner)
        return Listing(waiting.jobs + mine.jobs, waiting.truncated or mine.truncated)

    async def runner(self, runner: int) -> RunnerItem:
        """The runner's settings."""
        return await self._get(f"/runners/{runner}", RunnerItem)

    async def runners(self, path: str) -> list[RunnerItem]:
        """The runners that GitLab lists at `path`; the first pages of them, if there are many."""
        items, _ = await self._pages(path, _OFFSET, RunnerItem, self._max_pages)
        return items

    async def _check_admin(self) -> None:
        user = await self._get("/user", UserItem)
        if not user.is_admin:
            raise GitLabDenied(
                "the token is not an administrator's (or lacks the scope admin_mode): "
                "GitLab shows it an empty list of the instance's jobs",
                HTTPStatus.FORBIDDEN,
            )

    async def _get(self, path: str, shape: type[T]) -> T:
        def decode(reply: Reply) -> T:
            return msgspec.json.decode(reply.body, type=shape)

        return await self._calls.ask(Question(path, self._timeout), decode)

    async def _pages(
        self, path: str, query: dict[str, Any], shape: type[T], limit: int, *, urgent: bool = False
    ) -> tuple[list[T], bool]:
        """Every item of up to `limit` pages, and whether there are more."""
        items: list[T] = []
        for _ in range(limit):
            question = Question(path, self._timeout, query)
            page, following = await self._calls.ask(question, _page_of(shape), urgent=urgent)
            items += page
            if following is None:
                return items, False
            query = following
        return items, True

    async def _graph_pages(self, statuses: tuple[str, ...], runner: int | None, *, urgent: bool) -> Listing:
        jobs: dict[int, Job] = {}
        after: str | None = None
        for _ in range(self._max_pages):
            question = Question("/api/graphql", self._timeout, body=jobs_query(statuses, after, runner))
            page = await self._calls.ask(question, _graph_page, urgent=urgent)
            jobs.update((job.id, job) for job in map(job_of_node, page.nodes))
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page or after is None:
                return Listing(tuple(jobs.values()))
        return Listing(tuple(jobs.values()), truncated=True)

    def _listing(self, items: list[JobItem], more: bool, project: int, runner: int | None = None) -> Listing:
        now = self._wall()
        by_id = {item.id: job_of_item(item, project, now, runner) for item in items}
        return Listing(tuple(by_id.values()), more)


def _statuses(*, running: bool) -> tuple[str, ...]:
    return (PENDING, RUNNING) if running else (PENDING,)


def _page_of(shape: type[T]) -> Callable[[Reply], tuple[list[T], dict[str, Any] | None]]:
    def decode(reply: Reply) -> tuple[list[T], dict[str, Any] | None]:
        return msgspec.json.decode(reply.body, type=list[shape]), _next_query(reply)  # type: ignore[valid-type] # msgspec takes it

    return decode


def _next_query(reply: Reply) -> dict[str, Any] | None:
    """The query of the next page, None at the last one.

    Only the query of the link is followed: its host is GitLab's external_url, which need not be the one we call.
    """
    match = re.search(r'<([^<>]*)>\s*;[^,<]*\brel="next"', reply.headers.get("Link", ""))
    if match is None:
        return None
    query: dict[str, Any] = {}
    for name, value in parse_qsl(urlsplit(match[1]).query):
        query.setdefault(name, []).append(value)
    return query


def _graph_page(reply: Reply) -> JobConnection:
    answer = msgspec.json.decode(reply.body, type=GraphAnswer)
    if answer.errors:
        said = answer.errors[0].message[:200]
        kind = GitLabUnavailable if "time" in said.lower() and "out" in said.lower() else GitLabRefused
        raise kind(f"GitLab's GraphQL answered: {said}", HTTPStatus.OK)
    if answer.data is None or answer.data.jobs is None:
        raise GitLabRefused("GitLab's GraphQL gave no list of jobs", HTTPStatus.OK)
    return answer.data.jobs
