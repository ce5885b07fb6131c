"""One request to the fake GitLab, its answer, and what is remembered of both."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, Union
from urllib.parse import unquote

import msgspec

Json: TypeAlias = Union[bool, int, float, str, "Sequence[Json]", "Mapping[str, Json]", None]

_YES = frozenset({"1", "on", "t", "true", "y", "yes"})
_NO = frozenset({"0", "off", "f", "false", "n", "no"})


@dataclass(frozen=True)
class Call:
    """A request. `path` is as sent, still percent-encoded; header names are in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = "http://gitlab.example.com"
    ip: str = "127.0.0.1"

    @property
    def parts(self) -> list[str]:
        """Return the path's parts, decoded one by one, so that `a%2Fb` stays one part."""
        return [unquote(part) for part in self.path.strip("/").split("/")]

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a query parameter."""
        return dict(self.query).get(name, default)

    def all(self, name: str) -> list[str]:
        """Return every value of a query parameter, also those written as `name[]`."""
        return [value for key, value in self.query if key in (name, f"{name}[]")]

    def flag(self, name: str, *, default: bool | None) -> bool | None:
        """Return a boolean parameter; `default` without it, or with a value that is no boolean."""
        value = self.get(name).lower()
        return True if value in _YES else False if value in _NO else default


@dataclass(frozen=True)
class Answer:
    """A response; `body` is sent as it is."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return `body` as a JSON answer."""
    return Answer(status, msgspec.json.encode(body), {"content-type": "application/json", **(headers or {})})


class RefusalError(Exception):
    """The call ends with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.body)
        self.answer = answer


def refuse(status: int, message: str) -> RefusalError:
    """Return GitLab's usual error, `{"message": "404 Project Not Found"}` (docs: api/rest/troubleshooting)."""
    return RefusalError(reply({"message": message}, status))


@dataclass(frozen=True)
class Recorded:
    """A request that came in.

    `token` says whether one was sent, `at` is the instance's time, `status` the answer's.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    token: bool
    at: float
    status: int


class Record:
    """The requests in the order in which they were answered: at least the last `kept`, at most twice as many."""

    def __init__(self, kept: int = 100_000) -> None:
        self.calls: list[Recorded] = []
        self._kept = kept

    def add(self, call: Call, status: int, at: float) -> None:
        """Remember a request and the status of its answer; no token is kept."""
        token = "private-token" in call.headers or "authorization" in call.headers
        if len(self.calls) >= 2 * self._kept:
            del self.calls[: self._kept]
        self.calls.append(Recorded(call.method, call.path, call.query, token, at, status))

    def matching(self, pattern: str = "", since: float = float("-inf")) -> list[Recorded]:
        """Return the requests whose path has a match of the regular expression, not older than `since`."""
        return [call for call in self.calls if call.at >= since and re.search(pattern, call.path)]

    def clear(self) -> None:
        """Forget what there was."""
        self.calls.clear()
