"""Who may record: ServiceAccounts, known by a token that the API server reviews. Verdicts are cached.

A good verdict holds for a minute, and while the API server cannot be asked, until the token's own end; a bad one holds
for ten seconds. Whoever makes tokens up can neither push out what is known to be good nor stand in its way: good
verdicts have a cache of their own, and are renewed past the queue of strangers. Tokens are kept as digests only.
"""

import asyncio
import base64
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from function.decoding import UNREADABLE
from function.errors import ApiError, SettingError, StoreUnavailable, Unauthorized
from function.kubeapi import Api, decoded
from function.metrics import Metrics
from function.settings import SenderSettings

log = logging.getLogger(__name__)

GOOD_SECONDS = 60.0
BAD_SECONDS = 10.0
AWAY_SECONDS = 1.0
"""For how long nobody asks again after the API server could not be asked: who waits must not wait in a row."""

MAX_CACHED = 1024
"""How many good verdicts are kept, and how many bad ones; those asked about longest ago leave first."""
STRANGERS = 2
"""How many tokens that are not known to be good are asked about at once: each takes a thread of those that write."""

_PATH = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCOUNT_PREFIX = "system:serviceaccount:"


class _User(msgspec.Struct, frozen=True):
    username: str = ""


class _Status(msgspec.Struct, frozen=True):
    authenticated: bool = False
    user: _User = _User()
    audiences: list[str] = []


class _TokenReview(msgspec.Struct, frozen=True):
    status: _Status = _Status()


class _Claims(msgspec.Struct, frozen=True):
    exp: float = 0.0


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What was found of a token: None, or why not. Times are those of the clock that is never set."""

    problem: str | None
    status: int
    asked: float
    expires: float


class Senders:
    """Checks `Authorization` headers. `api` gives the API server, made at the first need.

    `clock` measures how long a verdict holds, also while somebody sets `wall`, which tells when a token ends.
    """

    def __init__(
        self,
        settings: SenderSettings,
        api: Callable[[], Api],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._api = api
        self._metrics = metrics
        self._clock = clock
        self._wall = wall
        self._good: dict[bytes, _Verdict] = {}
        self._bad: dict[bytes, _Verdict] = {}
        self._renewing = asyncio.Lock()
        self._meeting = [asyncio.Lock() for _ in range(STRANGERS)]
        self._asks_again = clock()

    async def check(self, authorization: str) -> None:
        """Returns if the caller may record.

        Raises:
            Unauthorized: 401 without a token that holds, 403 with another ServiceAccount's.
            StoreUnavailable: nothing is known of the token, and the API server cannot be asked.
        """
        if not self._settings.accounts:
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            self._metrics.senders.labels("no-token").inc()
            raise Unauthorized("record takes events from its informer: send a ServiceAccount token as Bearer")
        verdict = await self._verdict(token.strip())
        if verdict.problem is not None:
            self._metrics.senders.labels("refused").inc()
            raise Unauthorized(verdict.problem, verdict.status)
        self._metrics.senders.labels("accepted").inc()

    async def _verdict(self, token: str) -> _Verdict:
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known(digest)
        if known is not None and self._holds(known):
            return known
        async with self._turn(digest):  # a thousand requests with one new token ask once
            known = self._known(digest)
            if known is None or not self._holds(known):
                known = await self._ask(token, known)
                self._remember(digest, known)
        return known

    def _known(self, digest: bytes) -> _Verdict | None:
        return self._good.get(digest) or self._bad.get(digest)

    def _turn(self, digest: bytes) -> asyncio.Lock:
        return self._renewing if digest in self._good else self._meeting[digest[0] % STRANGERS]

    def _holds(self, verdict: _Verdict) -> bool:
        now = self._clock()
        if verdict.problem is not None:
            return now < verdict.asked + BAD_SECONDS
        return now < min(verdict.asked + GOOD_SECONDS, verdict.expires)

    async def _ask(self, token: str, known: _Verdict | None) -> _Verdict:
        if self._clock() >= self._asks_again:
            try:
                return await asyncio.to_thread(self._review, token)
            except (ApiError, SettingError) as error:
                self._asks_again = self._clock() + AWAY_SECONDS
                log.warning("tokens cannot be checked, those known hold on; see config/components/rbac: %s", error)
        if known is not None and known.problem is None and self._clock() < known.expires:
            return known
        self._metrics.senders.labels("unknown").inc()
        raise StoreUnavailable("the API server cannot be asked about this token: send the event again")

    def _review(self, token: str) -> _Verdict:
        spec = {"token": token, "audiences": [self._settings.audience]}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        status = decoded(self._api().call("POST", _PATH, body=body), _TokenReview).status
        now = self._clock()
        if not status.authenticated or self._settings.audience not in status.audiences:
            why = f"the token does not hold: it must be valid, for the audience {self._settings.audience}"
            return _Verdict(why, 401, now, now)
        if _account(status.user.username) not in self._settings.accounts:
            return _Verdict("this ServiceAccount may not record; see HOOKRUNNER_RECORD_SENDERS", 403, now, now)
        return _Verdict(None, 200, now, now + _seconds_left(token, self._wall()))

    def _remember(self, digest: bytes, verdict: _Verdict) -> None:
        """Keeps a verdict as the newest of its kind, and only there."""
        self._good.pop(digest, None)
        self._bad.pop(digest, None)
        cache = self._good if verdict.problem is None else self._bad
        if len(cache) >= MAX_CACHED:
            del cache[next(iter(cache))]
        cache[digest] = verdict


def _account(username: str) -> str | None:
    """The ServiceAccount that a user name stands for, as `namespace/name`; None for anybody else's."""
    if not username.startswith(_ACCOUNT_PREFIX):
        return None
    return username.removeprefix(_ACCOUNT_PREFIX).replace(":", "/")


def _seconds_left(token: str, now: float) -> float:
    """How long a reviewed token lasts, by its own claim; one without an end is asked about each minute."""
    try:
        payload = token.split(".")[1]
        padded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        end = msgspec.json.decode(padded, type=_Claims).exp
    except (LookupError, ValueError, *UNREADABLE):
        return GOOD_SECONDS
    return end - now if end else GOOD_SECONDS
