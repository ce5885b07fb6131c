"""Sends job webhooks when simulated jobs change, with GitLab's manners.

Docs: user/project/integrations/webhooks (timeouts, auto-disabled webhooks): GitLab waits 10 s, takes 2xx and 3xx as
success and does not follow redirects or try again by itself; a person may have a request sent again, with the same
Idempotency-Key. After the 4th failure in a row the hook rests for a minute, then twice as long each time, at most a
day; after the 40th it is off for good. What happens meanwhile is never sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

import httpx

from tests.gitlab.hooks import Request, request
from tests.gitlab.instance import Instance
from tests.gitlab.model import Job

TIMEOUT_S = 10.0
_RESTS_AFTER = 4
_OFF_AFTER = 40
_FIRST_REST_S = 60.0
_LONGEST_REST_S = 86_400.0


@dataclass
class Hook:
    """A webhook of a project or group (`path`; empty: of the whole instance) that posts to `url`."""

    url: str
    path: str = ""
    token: str | None = None
    signing_token: str | None = None
    failures: int = 0
    rests_until: float = 0.0

    def covers(self, job: Job) -> bool:
        """Say whether the hook is for this job's project."""
        return f"{job.project.full_path}/".startswith(f"{self.path}/" if self.path else "")

    def executable(self, now: float) -> bool:
        """Say whether the hook is on: neither resting nor off for good."""
        return self.failures < _OFF_AFTER and now > self.rests_until

    def note(self, *, success: bool, now: float) -> None:
        """Count how a request went."""
        self.failures = 0 if success else self.failures + 1
        if self.failures < _RESTS_AFTER:
            self.rests_until = 0.0
        else:
            self.rests_until = now + min(_FIRST_REST_S * 2.0 ** (self.failures - _RESTS_AFTER), _LONGEST_REST_S)


@dataclass(frozen=True)
class Delivery:
    """A request that was sent; `status` is None when there was no answer, and `error` then says why."""

    hook: Hook
    request: Request
    status: int | None
    error: str = ""


class Deliveries:
    """Posts what changes from a thread of its own, one request after the other, as `with Deliveries(…)`.

    `url` is GitLab's own address in the requests.
    """

    def __init__(
        self,
        instance: Instance,
        hooks: list[Hook],
        *,
        url: str = "http://gitlab.example.com",
        new_id: Callable[[], str] = lambda: str(uuid4()),
        timeout: float = TIMEOUT_S,
    ) -> None:
        self.sent: list[Delivery] = []
        self.hooks = hooks
        self._instance = instance
        self._url = url
        self._new_id = new_id
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)
        self._queue: Queue[tuple[Hook, Request] | None] = Queue()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch the instance."""
        self._thread.start()
        self._instance.watchers.append(self.announce)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send what was announced, and stop."""
        self._instance.watchers.remove(self.announce)
        self._queue.put(None)
        self._thread.join()
        self._client.close()

    def announce(self, job: Job) -> None:
        """Tell every hook that covers the job of its status, now."""
        now = self._instance.clock()
        for hook in self.hooks:
            if hook.covers(job) and hook.executable(now):
                made = request(job, now, self._url, self._new_id, token=hook.token, signing_token=hook.signing_token)
                self._queue.put((hook, made))

    def resend(self, delivery: Delivery) -> None:
        """Send a request once more, as GitLab's page of a webhook's requests lets a person do."""
        self._queue.put((delivery.hook, delivery.request))

    def wait(self) -> None:
        """Return when everything that was announced has been sent."""
        self._queue.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            hook, made = item
            delivery = self._post(hook, made)
            success = delivery.status is not None and httpx.codes.OK <= delivery.status < httpx.codes.BAD_REQUEST
            hook.note(success=success, now=self._instance.clock())
            self.sent.append(delivery)
            self._queue.task_done()

    def _post(self, hook: Hook, made: Request) -> Delivery:
        try:
            answer = self._client.post(hook.url, content=made.body, headers=made.headers)
        except httpx.HTTPError as error:
            return Delivery(hook, made, None, str(error))
        return Delivery(hook, made, answer.status_code)
