"""What there is to count for a source: its projects, asked for now and then, and the settings of its runner."""

import time
from collections.abc import Callable

from function.errors import GitLabError, GitLabUnavailable
from scaler.gitlab import GitLab
from scaler.queries import Source
from scaler.sweep import Unit
from scaler.wire import RunnerItem

_SECONDS = 600.0
_STRANGERS = 10_000


class Census:
    """The units of one source, and its runner where the tags of that are needed. `clock` is monotonic.

    `error` is why the last list is still in use though it is old.
    """

    def __init__(self, gitlab: GitLab, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self.units: list[Unit] = []
        self.runner: RunnerItem | None = None
        self.error: GitLabError | None = None
        self._gitlab, self._source, self._clock = gitlab, source, clock
        self._taken_at: float | None = None
        self._strangers: set[int] = set()

    def doubt(self) -> None:
        """Has it taken anew at the next `refresh`: something is not as it was listed."""
        self._taken_at = None

    async def refresh(self) -> None:
        """Asks GitLab, unless what is known is young.

        Raises:
            GitLabError: GitLab could not say; if it is only away for now and there is an old list, that stays.
        """
        now = self._clock()
        if self._taken_at is not None and now - self._taken_at < _SECONDS:
            return
        try:
            units = await self._list()
            if self._source.runner_id and self._source.level != "instance":
                self.runner = await self._gitlab.runner(self._source.runner_id)
        except GitLabUnavailable as error:
            if not self.units:
                raise
            self.error = error
            return
        self.units, self._taken_at, self.error = units, now, None

    def unit_of(self, project: int) -> Unit | None:
        """What a job of `project` is counted in; None if nowhere here, or not yet.

        A project that a group does not know has the group listed again, once.
        """
        if self._source.level == "instance":
            return self.units[0] if self.units else None
        unit = Unit("project", project)
        if unit in self.units:
            return unit
        if self._source.level == "group" and project not in self._strangers and len(self._strangers) < _STRANGERS:
            self._strangers.add(project)
            self.doubt()
        return None

    async def _list(self) -> list[Unit]:
        source = self._source
        if source.level == "instance":
            return [Unit("runner", source.runner_id) if source.runner_id else Unit("instance", 0)]
        if source.level == "project":
            return [Unit("project", (await self._gitlab.project(source.ref)).id)]
        projects = await self._gitlab.projects(source.ref, subgroups=source.include_subgroups)
        return [Unit("project", project.id) for project in projects]
