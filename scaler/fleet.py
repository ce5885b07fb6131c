"""How many runners GitLab knows for a source, by state: for metrics only, where the token may see them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from function.errors import GitLabDenied, GitLabError
from scaler.gitlab import GitLab
from scaler.queries import Source
from scaler.wire import RunnerItem

_SECONDS = 60.0
_DENIED_SECONDS = 3600.0
STATES = ("online", "offline", "paused", "busy")


class Fleet:
    """The runners of one source. `states` has a number for each of STATES, or nothing while that is not known.

    A paused runner is neither online nor offline here; a busy one is online too.
    """

    def __init__(self, gitlab: GitLab, source: Source) -> None:
        self.states: Mapping[str, int] = {}
        self._gitlab, self._source = gitlab, source
        self._not_before = 0.0

    async def look(self, now: float) -> None:
        """Asks GitLab, at most once a minute (`now` is monotonic); after a refusal once an hour."""
        if now < self._not_before:
            return
        self._not_before = now + _SECONDS
        try:
            self.states = states(await self._runners())
        except GitLabDenied:
            self.states, self._not_before = {}, now + _DENIED_SECONDS
        except GitLabError:
            self.states = {}

    async def _runners(self) -> list[RunnerItem]:
        if self._source.runner_id:
            return [await self._gitlab.runner(self._source.runner_id)]
        if self._source.level == "instance":
            return await self._gitlab.runners("/runners/all")
        return await self._gitlab.runners(f"/{self._source.level}s/{quote(self._source.ref, safe='')}/runners")


def states(runners: Iterable[RunnerItem]) -> dict[str, int]:
    """How many runners are in each state."""
    found: Counter[str] = Counter()
    for runner in runners:
        found["paused" if runner.paused else "online" if runner.online else "offline"] += 1
        found["busy"] += runner.job_execution_status == "active"
    return {state: found[state] for state in STATES}
