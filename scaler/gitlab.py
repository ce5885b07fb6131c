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

from function.errors import GitLabDenied, GitLabLimited, GitLabRefused, GitLabUnavailable
from scaler.calls import Calls
from scaler.queue import PENDING, RUNNING, Job
from scaler.transport import Question, Reply
from scaler.values import shown
from scaler.wire import (
    GraphAnswer,
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
    """Jobs, each once; whether GitLab has more of them than `maxPages` let us read.

    Its poller adds when it was asked (monotonic), and in which of its rounds.
    """

    jobs: tuple[Job, ...]
    truncated: bool = False
    asked_at: float = 0.0
    round: int = 0


class GitLab:
    """One GitLab as one query asks it. `timeout` is in seconds a call, `max_pages` of 100 jobs a list."""

    def __init__(self, calls: Calls, timeout: float, max_pages: int, wall: Callable[[], float] = time.time) -> None:
        self._calls, self._timeout, self._max_pages, self._wall = calls, timeout, max_pages, wall
        self._keyset = True

    @property
    def limited(self) -> GitLabLimited | None:
        """Why no call may start just now; None if calls may."""
        return self._calls.budget.refusal

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
        items, more = await self._pages(path, query, _items(ProjectItem), _GROUP_PAGES)
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
                return await self._jobs(path, {**_KEYSET, **scopes}, project, urgent=urgent)
            except GitLabRefused as error:
                if error.status != HTTPStatus.METHOD_NOT_ALLOWED:
                    raise
                self._keyset = False  # GitLab before 15.9
        return await self._jobs(path, {**_OFFSET, **scopes}, project, urgent=urgent)

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
        limit = self._max_pages if running else 1
        mine = await self._jobs(f"/runners/{runner}/jobs", query, 0, runner, limit=limit, urgent=urgent)
        if not running:
            return waiting
        by_id = {job.id: job for job in waiting.jobs + mine.jobs}  # one that was taken between the calls is in both
        return Listing(tuple(by_id.values()), waiting.truncated or mine.truncated)

    async def runner(self, runner: int) -> RunnerItem:
        """The runner's settings."""
        return await self._get(f"/runners/{runner}", RunnerItem)

    async def runners(self, path: str) -> list[RunnerItem]:
        """The runners that GitLab lists at `path`; the first pages of them, if there are many."""
        items, _ = await self._pages(path, _OFFSET, _items(RunnerItem), self._max_pages)
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

    async def _jobs(
        self,
        path: str,
        query: dict[str, Any],
        project: int,
        runner: int | None = None,
        *,
        limit: int | None = None,
        urgent: bool,
    ) -> Listing:
        """The jobs of a list; `limit` of pages is the query's unless given."""

        def read(reply: Reply) -> list[Job]:
            now = self._wall()
            return [job_of_item(item, project, now, runner) for item in _items(JobItem)(reply)]

        jobs, more = await self._pages(path, query, read, self._max_pages if limit is None else limit, urgent=urgent)
        return Listing(tuple({job.id: job for job in jobs}.values()), more)

    async def _pages(
        self, path: str, query: dict[str, Any], read: Callable[[Reply], list[T]], limit: int, *, urgent: bool = False
    ) -> tuple[list[T], bool]:
        """Every item of up to `limit` pages, and whether there are more."""

        def decode(reply: Reply) -> tuple[list[T], dict[str, Any] | None]:
            return read(reply), _next_query(reply)

        items: list[T] = []
        for _ in range(limit):
            page, following = await self._calls.ask(Question(path, self._timeout, query), decode, urgent=urgent)
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
            page, after = await self._calls.ask(question, _graph_page, urgent=urgent)
            jobs.update((job.id, job) for job in page)
            if after is None:
                return Listing(tuple(jobs.values()))
        return Listing(tuple(jobs.values()), truncated=True)


def _statuses(*, running: bool) -> tuple[str, ...]:
    return (PENDING, RUNNING) if running else (PENDING,)


def _items(shape: type[T]) -> Callable[[Reply], list[T]]:
    def read(reply: Reply) -> list[T]:
        return msgspec.json.decode(reply.body, type=list[shape])  # type: ignore[valid-type] # msgspec takes it

    return read


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


def _graph_page(reply: Reply) -> tuple[list[Job], str | None]:
    """The jobs of a page, and the cursor of the next one, None at the last."""
    answer = msgspec.json.decode(reply.body, type=GraphAnswer)
    if answer.errors:
        said = answer.errors[0].message
        kind = GitLabUnavailable if "time" in said.lower() and "out" in said.lower() else GitLabRefused
        raise kind(f"GitLab's GraphQL answered: {shown(said)}", HTTPStatus.OK)
    if answer.data is None or answer.data.jobs is None:
        raise GitLabRefused("GitLab's GraphQL gave no list of jobs", HTTPStatus.OK)
    page = answer.data.jobs
    jobs = [job_of_node(node) for node in page.nodes]
    return jobs, page.page_info.end_cursor if page.page_info.has_next_page else None
