"""Who may record: each verdict on a token, how long it holds, and how often the API server is asked."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.errors import ApiDenied, ApiError, ApiUnavailable, SettingError, StoreUnavailable, Unauthorized
from function.kubeapi import Query
from function.metrics import Metrics
from function.senders import MAX_CACHED, Senders
from function.settings import SenderSettings

SETTINGS = SenderSettings(accounts=("hookrunner/informer", "ci/replay"), audience="hookrunner-record")
INFORMER = "system:serviceaccount:hookrunner:informer"
NOW = 1_795_514_400.0
UNASKED = "the API server cannot be asked about this token: send the event again"


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


@pytest.fixture
def api() -> Reviews:
    """The API server."""
    return Reviews()


@pytest.fixture
def clock() -> Clock:
    """The clock."""
    return Clock()


@pytest.fixture
def senders(api: Reviews, metrics: Metrics, clock: Clock) -> Senders:
    """What is tested."""
    return Senders(SETTINGS, lambda: api, metrics, clock, clock.wall)


async def verdict(senders: Senders, authorization: str) -> str:
    """What becomes of a header: `accepted`, or the error's status and text."""
    try:
        await senders.check(authorization)
    except Unauthorized as error:
        return f"{error.status} {error}"
    return "accepted"


NO_TOKEN = "401 record takes events from its informer: send a ServiceAccount token as Bearer"
NOT_VALID = "401 the token does not hold: it must be valid, for the audience hookrunner-record"
ANOTHER = "403 this ServiceAccount may not record; see HOOKRUNNER_RECORD_SENDERS"


@pytest.mark.parametrize(
    ("authorization", "status", "expected", "outcome"),
    [
        pytest.param("Bearer x", accepted(INFORMER), "accepted", "accepted", id="the informer"),
        pytest.param("bearer  x ", accepted("system:serviceaccount:ci:replay"), "accepted", "accepted", id="the other"),
        pytest.param("", {}, NO_TOKEN, "no-token", id="no header"),
        pytest.param("Bearer ", {}, NO_TOKEN, "no-token", id="no token"),
        pytest.param("Basic dTpw", {}, NO_TOKEN, "no-token", id="another scheme"),
        pytest.param("Bearer x", {"authenticated": False}, NOT_VALID, "refused", id="not valid"),
        pytest.param("Bearer x", {}, NOT_VALID, "refused", id="nothing said"),
        pytest.param("Bearer x", accepted(INFORMER, "else"), NOT_VALID, "refused", id="another audience"),
        pytest.param(
            "Bearer x", accepted("system:serviceaccount:ci:informer"), ANOTHER, "refused", id="another namespace"
        ),
        pytest.param("Bearer x", accepted("hookrunner:informer"), ANOTHER, "refused", id="a user with such a name"),
        pytest.param(
            "Bearer x", accepted("hookrunner/informer"), ANOTHER, "refused", id="a user named like the setting"
        ),
        pytest.param("Bearer x", accepted("x" + INFORMER), ANOTHER, "refused", id="a user whose name ends so"),
    ],
)
async def test_verdict(
    senders: Senders,
    api: Reviews,
    registry: CollectorRegistry,
    authorization: str,
    status: dict[str, Any],
    expected: str,
    outcome: str,
) -> None:
    """Each caller is let in, or told why not, and counted."""
    api.status = status
    assert await verdict(senders, authorization) == expected
    assert registry.get_sample_value("hookrunner_senders_total", {"outcome": outcome}) == 1


async def test_anyone(api: Reviews, metrics: Metrics) -> None:
    """Where nobody is named, anyone may record, and nobody is asked."""
    senders = Senders(SenderSettings((), "x"), lambda: api, metrics)
    assert (await verdict(senders, ""), api.asked) == ("accepted", [])


@pytest.mark.parametrize(
    ("status", "seconds", "times"),
    [
        pytest.param(accepted(INFORMER), 59.0, 1, id="good, for a minute"),
        pytest.param(accepted(INFORMER), 60.0, 2, id="good, a minute later"),
        pytest.param({"authenticated": False}, 9.0, 1, id="bad, for ten seconds"),
        pytest.param({"authenticated": False}, 10.0, 2, id="bad, ten seconds later"),
    ],
)
async def test_cached(
    senders: Senders, api: Reviews, clock: Clock, status: dict[str, Any], seconds: float, times: int
) -> None:
    """A verdict holds for a while; then the API server is asked again."""
    api.status = status
    first = await verdict(senders, f"Bearer {GOOD}")
    clock.now += seconds
    assert await verdict(senders, f"Bearer {GOOD}") == first
    assert api.asked == [GOOD] * times


async def test_bad_turns_good(senders: Senders, api: Reviews, clock: Clock) -> None:
    """A token that was refused is taken once the API server takes it."""
    api.status = {"authenticated": False}
    assert await verdict(senders, f"Bearer {GOOD}") == NOT_VALID
    api.status = accepted(INFORMER)
    clock.now += 10
    assert await verdict(senders, f"Bearer {GOOD}") == "accepted"


async def test_expired_token_is_asked_about(senders: Senders, api: Reviews, clock: Clock) -> None:
    """A good verdict ends with its token, even within its minute."""
    short = token(exp=NOW + 30)
    assert await verdict(senders, f"Bearer {short}") == "accepted"
    api.status = {"authenticated": False}
    clock.now += 30
    assert await verdict(senders, f"Bearer {short}") == NOT_VALID


@pytest.mark.parametrize(
    ("given", "seconds", "expected"),
    [
        pytest.param(GOOD, 3599.0, "accepted", id="until its end"),
        pytest.param(GOOD, 3600.0, UNASKED, id="no longer than its end"),
        pytest.param("opaque", 61.0, UNASKED, id="for a minute, where its end is not known"),
        pytest.param(token(), 61.0, UNASKED, id="a token without an end"),
        pytest.param(token(exp="soon"), 61.0, UNASKED, id="an end that is no time"),
        pytest.param("a.!.b", 61.0, UNASKED, id="claims that are none"),
    ],
)
async def test_api_server_away(
    senders: Senders, api: Reviews, clock: Clock, given: str, seconds: float, expected: str
) -> None:
    """While the API server cannot be asked, a token that was good holds until its own end."""
    assert await verdict(senders, f"Bearer {given}") == "accepted"
    api.failure = ApiUnavailable("POST: no answer")
    clock.now += seconds
    if expected == "accepted":
        assert await verdict(senders, f"Bearer {given}") == "accepted"
        return
    with pytest.raises(StoreUnavailable) as caught:
        await senders.check(f"Bearer {given}")
    assert str(caught.value) == expected


async def test_a_review_that_makes_no_sense(senders: Senders, api: Reviews) -> None:
    """As if there had been none: its sender must come again."""
    api.status = {"authenticated": "yes"}
    with pytest.raises(StoreUnavailable):
        await senders.check("Bearer x")


@pytest.mark.parametrize(
    "failure", [ApiUnavailable("POST: no answer"), ApiDenied("POST: 403", 403)], ids=["no answer", "denied"]
)
async def test_unknown_token_and_nobody_to_ask(
    senders: Senders,
    api: Reviews,
    registry: CollectorRegistry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: ApiError,
) -> None:
    """Nothing is known of the token: its sender must come again, and the log says why, once a second at most."""
    api.failure = failure
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await senders.check("Bearer x")
    assert registry.get_sample_value("hookrunner_senders_total", {"outcome": "unknown"}) == 3
    assert api.asked == ["x"]
    assert [record.getMessage() for record in caplog.records] == [
        f"tokens cannot be checked, those known hold on; see config/components/rbac: {failure}"
    ]
    api.failure = None
    clock.now += 1
    assert await verdict(senders, "Bearer x") == "accepted"


async def test_a_thousand_at_once_ask_once(senders: Senders, api: Reviews) -> None:
    """A thousand requests with one new token are one question."""
    api.let_go.clear()
    waiting = [asyncio.create_task(verdict(senders, "Bearer x")) for _ in range(1000)]
    await asyncio.sleep(0)
    api.let_go.set()
    assert set(await asyncio.gather(*waiting)) == {"accepted"}
    assert api.asked == ["x"]


async def test_a_thousand_at_once_with_nobody_to_ask(senders: Senders, api: Reviews) -> None:
    """They do not wait for a thousand time-outs, one after the other."""
    api.failure = ApiUnavailable("POST: no answer")
    results = await asyncio.gather(*(senders.check("Bearer x") for _ in range(1000)), return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    assert api.asked == ["x"]


@pytest.mark.parametrize(
    "status", [accepted(INFORMER), {"authenticated": False}], ids=["good ones", "those that were made up"]
)
async def test_memory_is_bounded(senders: Senders, api: Reviews, status: dict[str, Any]) -> None:
    """Beyond so many tokens, the one that was remembered longest is asked about again."""
    api.status = status
    for number in range(MAX_CACHED + 1):
        await verdict(senders, f"Bearer token-{number}")
    for number in (MAX_CACHED, 1, 0):
        await verdict(senders, f"Bearer token-{number}")
    assert api.asked[MAX_CACHED + 1 :] == ["token-0"]


async def test_renewed_is_as_new(senders: Senders, api: Reviews, clock: Clock) -> None:
    """A good verdict that was renewed is not the one that was remembered longest."""
    await senders.check(f"Bearer {GOOD}")
    for number in range(MAX_CACHED - 2):
        await senders.check(f"Bearer token-{number}")
    clock.now += 60
    for each in (GOOD, "one more", "another", GOOD):
        await senders.check(f"Bearer {each}")
    assert api.asked[MAX_CACHED - 1 :] == [GOOD, "one more", "another"]


async def test_made_up_tokens_push_none_out(senders: Senders, api: Reviews, clock: Clock) -> None:
    """However many tokens somebody makes up, the informer's holds on while the API server is away."""
    await senders.check(f"Bearer {GOOD}")
    api.status = {"authenticated": False}
    for number in range(MAX_CACHED + 1):
        await verdict(senders, f"Bearer made-up-{number}")
    api.failure = ApiUnavailable("POST: no answer")
    clock.now += 60
    assert await verdict(senders, f"Bearer {GOOD}") == "accepted"


async def test_made_up_tokens_hold_none_up(senders: Senders, api: Reviews, clock: Clock) -> None:
    """A good token is asked about again while many that somebody made up wait for their turn."""
    await senders.check(f"Bearer {GOOD}")
    clock.now += 60
    api.let_go.clear()
    api.unhindered = GOOD
    waiting = [asyncio.create_task(verdict(senders, f"Bearer made-up-{number}")) for number in range(100)]
    await asyncio.sleep(0)
    try:
        assert await asyncio.wait_for(verdict(senders, f"Bearer {GOOD}"), 10) == "accepted"
    finally:
        api.let_go.set()
        await asyncio.gather(*waiting)


@pytest.mark.parametrize("set_by", [-3600.0, 3000.0], ids=["back", "ahead"])
async def test_a_clock_that_is_set(senders: Senders, api: Reviews, clock: Clock, set_by: float) -> None:
    """A verdict holds for its minute, no longer and no less, when somebody sets the machine's clock."""
    await senders.check(f"Bearer {GOOD}")
    clock.set_by = set_by
    clock.now += 59
    await senders.check(f"Bearer {GOOD}")
    clock.now += 1
    await senders.check(f"Bearer {GOOD}")
    assert api.asked == [GOOD, GOOD]


async def test_no_way_to_the_api_server(metrics: Metrics) -> None:
    """A kubeconfig that cannot be used: nothing is believed, and the sender keeps its event."""

    def api() -> Reviews:
        raise SettingError("cannot use the kubeconfig /etc/kube: it is empty")

    with pytest.raises(StoreUnavailable):
        await Senders(SETTINGS, api, metrics).check("Bearer a.b.c")
