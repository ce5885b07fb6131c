"""Tokens of senders, an API server that reviews them, and what becomes of one."""

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

from function.errors import ApiError, Unauthorized
from function.kubeapi import Query
from function.senders import Senders
from function.settings import SenderSettings

SETTINGS = SenderSettings(accounts=("hookrunner/informer", "ci/replay"), audience="hookrunner-record")
INFORMER = "system:serviceaccount:hookrunner:informer"
NOW = 1_795_514_400.0


class Clock:
    """A clock that stands until a test moves it: `now` counts seconds, and `wall` is the time of day, set by people."""

    def __init__(self) -> None:
        self.now = 0.0
        self.set_by = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def wall(self) -> float:
        """The time of day, in seconds since 1970."""
        return NOW + self.now + self.set_by


class Reviews:
    """The API server's TokenReviews: says of every token what `status` is, or fails with `failure`."""

    def __init__(self) -> None:
        self.status: dict[str, Any] = accepted(INFORMER)
        self.failure: ApiError | None = None
        self.asked: list[str] = []
        self.let_go = threading.Event()
        self.let_go.set()
        self.unhindered = ""
        """A token that is told of at once, whatever becomes of the others."""

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",
    ) -> bytes:
        """One review."""
        assert (method, path, query, content_type) == (
            "POST",
            "/apis/authentication.k8s.io/v1/tokenreviews",
            None,
            "application/json",
        )
        token = body["spec"].pop("token")
        assert body == {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"audiences": ["hookrunner-record"]},
        }
        self.asked.append(token)
        assert token == self.unhindered or self.let_go.wait(20)
        if self.failure is not None:
            raise self.failure
        return json.dumps({"kind": "TokenReview", "status": self.status}).encode()

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """Nobody watches here."""
        raise NotImplementedError


def accepted(username: str, *audiences: str) -> dict[str, Any]:
    """A status of a token that holds."""
    return {"authenticated": True, "user": {"username": username}, "audiences": audiences or ["hookrunner-record"]}


def token(**claims: Any) -> str:  # noqa: ANN401 - any JSON value
    """A token with these claims."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


GOOD = token(exp=NOW + 3600)


async def verdict(senders: Senders, authorization: str) -> str:
    """What becomes of a header: `accepted`, or the error's status and text."""
    try:
        await senders.check(authorization)
    except Unauthorized as error:
        return f"{error.status} {error}"
    return "accepted"


NOT_VALID = "401 the token does not hold: it must be valid, for the audience hookrunner-record"
