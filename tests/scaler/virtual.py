"""An event loop whose time moves only when everybody waits, and a fake GitLab within it: minutes pass in a moment."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

import msgspec
import requests

from scaler.failures import from_answer
from scaler.transport import Question, Reply
from tests.gitlab.calls import Answer, Call
from tests.gitlab.gitlab import GitLab

T = TypeVar("T")

CALL_SECONDS = 0.1


class Loop(asyncio.SelectorEventLoop):
    """Time jumps to the next timer when nothing else is to be done; what goes to a thread ends 0.1 s later."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now

    def _run_once(self) -> None:
        base: Any = super()
        timers = [timer.when() for timer in base.__getattribute__("_scheduled") if not timer.cancelled()]
        if timers and not base.__getattribute__("_ready"):
            self._now = max(self._now, min(timers))
        base._run_once()

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """Runs it here, in a while."""
        assert executor is not None
        done: asyncio.Future[T] = self.create_future()
        self.call_later(CALL_SECONDS, self._run, done, func, *args)
        return done

    def _run(self, done: asyncio.Future[T], func: Callable[..., T], *args: object) -> None:
        if done.cancelled():
            return
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            done.set_exception(error)


def virtually(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `main` returns, run on such a loop."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(main())


class Inside:
    """Carries calls to a fake GitLab without HTTP between."""

    def __init__(self, gitlab: GitLab) -> None:
        self._gitlab = gitlab

    def call(self, question: Question) -> Reply:
        """The answer to one call."""
        call = Call(
            method=question.method.upper(),
            path=f"/api/v4{question.path}",
            query=tuple(_pairs(question)),
            headers={"authorization": f"Bearer {self._gitlab.token.value}"},
            body=b"" if question.body is None else msgspec.json.encode(question.body),
        )
        answer = self._gitlab.answer(call)
        self._gitlab.record.add(call, answer.status, self._gitlab.clock())
        if answer.status != 200:
            raise from_answer(str(question), _response(answer))
        return Reply(answer.body, {name.title(): value for name, value in answer.headers.items()})

    def close(self) -> None:
        """Holds nothing."""


def _pairs(question: Question) -> list[tuple[str, str]]:
    values = [(name, one if isinstance(one, list) else [one]) for name, one in question.query.items()]
    return [(name, str(each)) for name, several in values for each in several]


def _response(answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = answer.status, answer.body
    response.headers.update(answer.headers)
    response.request = requests.Request("GET", "http://gitlab.example.com").prepare()
    return response
