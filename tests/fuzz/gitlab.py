"""Target: what GitLab answers. Headers and body, to each question that the scaler has."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar, cast

from function.errors import GitLabError
from scaler.calls import Calls, _decoded
from scaler.gitlab import GitLab
from scaler.transport import Question, Reply
from tests.fuzz import messages
from tests.fuzz.door import event_loop
from tests.fuzz.rules import Alarm

T = TypeVar("T")
Ask = Callable[[], Coroutine[Any, Any, object]]

_JOB = {
    "id": 7,
    "status": "pending",
    "name": "build",
    "ref": "main",
    "tag_list": ["linux", "docker"],
    "created_at": "2026-11-24T07:59:00.000Z",
    "queued_duration": 1.5,
    "pipeline": {"id": 1, "project_id": 3},
    "runner": {"id": 41},
}
_NODE = {
    "id": "gid://gitlab/Ci::Build/7",
    "status": "PENDING",
    "name": "build",
    "tags": ["linux"],
    "refName": "main",
    "createdAt": "2026-11-24T07:59:00Z",
    "queuedAt": None,
    "runner": {"id": "gid://gitlab/Ci::Runner/41"},
    "project": {"id": "gid://gitlab/Project/3"},
}
_RUNNER = {"id": 41, "tag_list": ["linux"], "run_untagged": False, "paused": False, "online": True}
_PROJECT = {"id": 3, "path_with_namespace": "a/b", "archived": False, "builds_access_level": "enabled"}


def seeds() -> list[bytes]:
    """Answers as GitLab's documentation has them."""
    page = {"nodes": [_NODE], "pageInfo": {"hasNextPage": True, "endCursor": "eyJpZCI6IjcifQ"}}
    graph = {"data": {"jobs": page}}
    errors = {"errors": [{"message": "Timeout on validation of query"}]}
    bodies: list[Any] = [[_JOB], graph, errors, _RUNNER, [_RUNNER], [_PROJECT], _PROJECT, {"username": "root"}]
    link = '<https://gitlab.example.com/api/v4/projects/3/jobs?cursor=eyJ&per_page=100>; rel="next"'
    return [messages.written({"link": link}, json.dumps(body).encode()) for body in bodies]


class _Calls:
    """In the place of `Calls`: the same answer to each question, decoded as there."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def ask(self, question: Question, decode: Callable[[Reply], T], *, urgent: bool = False) -> T:  # noqa: ARG002 - as Calls has it
        """What `decode` makes of it."""
        return _decoded(self._reply, decode, question)[1]


class Answering:
    """Every question of the scaler's, with two pages at most."""

    def __init__(self, _scratch: Path, _alarm: Alarm) -> None:
        pass

    def __call__(self, data: bytes) -> int:
        """How many questions found an answer."""
        request = messages.read(data)
        headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in request.headers}
        gitlab = GitLab(cast("Calls", _Calls(Reply(request.body, headers))), 1.0, 2, wall=lambda: 1_795_514_400.0)
        return sum(_asked(ask) for ask in _questions(gitlab))


def _asked(ask: Ask) -> bool:
    try:
        event_loop().run_until_complete(ask())
    except GitLabError:
        return False
    return True


def _questions(gitlab: GitLab) -> list[Ask]:
    return [
        lambda: gitlab.project("a/b"),
        lambda: gitlab.projects("a", subgroups=True),
        lambda: gitlab.project_jobs(3, running=True),
        lambda: gitlab.instance_jobs(running=True),
        lambda: gitlab.runner_jobs(41, running=True),
        lambda: gitlab.runner(41),
        lambda: gitlab.runners("/runners"),
    ]
