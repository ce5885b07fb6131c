"""GitLab's rate limits, counted on the instance's clock.

An endpoint's own limit counts calls of one user in a fixed minute and answers 429 as JSON, without a word on when to
come back (docs: api/jobs, administration/settings/rate_limit_on_projects_api and _on_groups_api). The general limit
answers 429 as plain text with RateLimit-ResetTime and Retry-After (docs:
administration/settings/user_and_ip_rate_limits); it is off by default, as on a new instance, and while it is on each
answer tells in RateLimit-* what is left. RateLimit-Limit is always a number a minute, whatever the period.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.gitlab.calls import Answer, RefusalError, reply
from tests.gitlab.clock import Clock

JOBS = "jobs_index"
GROUP_PROJECTS = "group_projects_api"
PROJECT = "project_api"

DEFAULTS: Mapping[str, int] = {JOBS: 600, GROUP_PROJECTS: 600, PROJECT: 400}
"""Calls a minute of one user; 0 is no limit."""

_MINUTE = 60
TOO_MANY = {"message": {"error": "This endpoint has been requested too many times. Try again later."}}


class Limits:
    """What may be asked for how often. `per_minute` and `general` may be changed at any time."""

    def __init__(self, clock: Clock) -> None:
        self.per_minute: dict[str, int] = dict(DEFAULTS)
        self.general: tuple[int, int] | None = None
        """(calls, seconds), such as (7200, 3600); None is off."""
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}

    def check(self, endpoint: str, user: str) -> None:
        """Count a call of an endpoint.

        Raises:
            RefusalError: 429 as JSON.

        """
        limit = self.per_minute[endpoint]
        if limit and self._count(endpoint, user, _MINUTE) > limit:
            raise RefusalError(reply(TOO_MANY, 429))

    def check_general(self, who: str) -> dict[str, str]:
        """Count a call under the general limit and return the headers for its answer.

        Raises:
            RefusalError: 429 as plain text.

        """
        if self.general is None:
            return {}
        limit, period = self.general
        observed = self._count("general", who, period)
        now = int(self._clock())
        headers = _headers(limit, period, observed, now)
        if observed > limit:
            headers |= {"content-type": "text/plain", **_when(period, now)}
            raise RefusalError(Answer(429, b"Retry later\n", headers))
        return headers

    def _count(self, name: str, who: str, period: int) -> int:
        now = int(self._clock()) // period
        window, seen = self._seen.get((name, who), (now, 0))
        seen = seen + 1 if window == now else 1
        self._seen[name, who] = (now, seen)
        return seen


def _headers(limit: int, period: int, observed: int, now: int) -> dict[str, str]:
    return {
        "ratelimit-name": "throttle_authenticated_api",
        "ratelimit-limit": str(-(-limit * _MINUTE // period)),
        "ratelimit-observed": str(observed),
        "ratelimit-remaining": str(max(limit - observed, 0)),
        "ratelimit-reset": str(now + period - now % period),
    }


def _when(period: int, now: int) -> dict[str, str]:
    wait = period - now % period
    reset = datetime.fromtimestamp(now + wait, UTC)
    return {"ratelimit-resettime": format_datetime(reset, usegmt=True), "retry-after": str(wait)}
