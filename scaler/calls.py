"""Asks one GitLab with one credential: within the budget, in worker threads, again where that may help."""

import asyncio
import logging
import random
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Protocol, TypeVar

from function.decoding import UNREADABLE
from function.errors import GitLabError, GitLabLimited, GitLabUnavailable
from scaler.budget import Budget
from scaler.transport import Question, Reply

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

WORKERS = 4
"""Calls under way at once for one credential: more would only wait for the budget."""

_ATTEMPTS = 3
_BACKOFF = 0.3


class Caller(Protocol):
    """What carries one call: `scaler.transport.Transport`."""

    def call(self, question: Question) -> Reply:
        """The answer to one call; raises GitLabError."""

    def close(self) -> None:
        """Lets go of what is kept open."""


class Calls:
    """Calls of one credential at one GitLab. `observe` is told every answer's status, 0 where there was none."""

    def __init__(
        self,
        caller: Caller,
        budget: Budget,
        observe: Callable[[int], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.budget = budget
        self._caller, self._observe, self._sleep = caller, observe, sleep
        self._surprises: set[type[Exception]] = set()
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="gitlab")

    def close(self) -> None:
        """Lets go of the threads; calls under way end within their time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._caller.close()

    async def ask(self, question: Question, decode: Callable[[Reply], T], *, urgent: bool = False) -> T:
        """What `decode` makes of the answer, in the worker's thread. An urgent question waits for no other one.

        Raises:
            GitLabError: one of its kinds; time-outs, broken answers, 5xx and 429 after the last attempt only.
        """

        def once() -> tuple[Reply, T]:
            return self._answered(question, decode)

        for attempt in range(_ATTEMPTS - 1):
            try:
                return await self._once(once, urgent=urgent)
            except GitLabLimited:
                continue  # the budget waits
            except GitLabUnavailable:
                await self._sleep(_BACKOFF * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        return await self._once(once, urgent=urgent)

    async def _once(self, once: Callable[[], tuple[Reply, T]], *, urgent: bool) -> T:
        await self.budget.take(urgent=urgent)
        try:
            reply, result = await asyncio.get_running_loop().run_in_executor(self._threads, once)
        except GitLabError as error:
            self._observe(error.status)
            if isinstance(error, GitLabLimited):
                pause = self.budget.limited(error)
                _LOG.warning("%s; nobody calls for %.0f s", error, pause)
            raise
        self._observe(HTTPStatus.OK)
        self.budget.learn(reply.headers)
        return result

    def _answered(self, question: Question, decode: Callable[[Reply], T]) -> tuple[Reply, T]:
        """One call's answer, read; whatever that raises is one of our errors from here on."""
        try:
            return _decoded(self._caller.call(question), decode, question)
        except GitLabError:
            raise
        except Exception as error:  # noqa: BLE001 - what libraries raise at an odd answer must not end a poller
            self._wonder(question, error)
            raise _odd(question, type(error).__name__) from None

    def _wonder(self, question: Question, error: Exception) -> None:
        """Logs where a new kind of error came from; its text may hold what GitLab sent, or what we did."""
        if type(error) in self._surprises:
            return
        self._surprises.add(type(error))
        where = "".join(traceback.format_tb(error.__traceback__))
        _LOG.warning("%s: %s at\n%s", question, type(error).__name__, where)


def _decoded(reply: Reply, decode: Callable[[Reply], T], question: Question) -> tuple[Reply, T]:
    try:
        return reply, decode(reply)
    except (*UNREADABLE, ValueError) as error:
        raise _odd(question, str(error)) from None


def _odd(question: Question, why: str) -> GitLabUnavailable:
    return GitLabUnavailable(f"GitLab's answer to {question} is not what it should be: {why}")
