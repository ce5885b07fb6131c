"""Who may record: each verdict on a token, and how long it holds."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.metrics import Metrics
from function.senders import Senders
from function.settings import SenderSettings
from tests.function.tokens import GOOD, INFORMER, NOT_VALID, NOW, Clock, Reviews, accepted, token, verdict

NO_TOKEN = "401 record takes events from its informer: send a ServiceAccount token as Bearer"
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
    reviews: Reviews,
    registry: CollectorRegistry,
    authorization: str,
    status: dict[str, Any],
    expected: str,
    outcome: str,
) -> None:
    """Each caller is let in, or told why not, and counted."""
    reviews.status = status
    assert await verdict(senders, authorization) == expected
    assert registry.get_sample_value("hookrunner_senders_total", {"outcome": outcome}) == 1


async def test_anyone(reviews: Reviews, metrics: Metrics) -> None:
    """Where nobody is named, anyone may record, and nobody is asked."""
    senders = Senders(SenderSettings((), "x"), lambda: reviews, metrics)
    assert (await verdict(senders, ""), reviews.asked) == ("accepted", [])


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
    senders: Senders, reviews: Reviews, clock: Clock, status: dict[str, Any], seconds: float, times: int
) -> None:
    """A verdict holds for a while; then the API server is asked again."""
    reviews.status = status
    first = await verdict(senders, f"Bearer {GOOD}")
    clock.now += seconds
    assert await verdict(senders, f"Bearer {GOOD}") == first
    assert reviews.asked == [GOOD] * times


async def test_bad_turns_good(senders: Senders, reviews: Reviews, clock: Clock) -> None:
    """A token that was refused is taken once the API server takes it."""
    reviews.status = {"authenticated": False}
    assert await verdict(senders, f"Bearer {GOOD}") == NOT_VALID
    reviews.status = accepted(INFORMER)
    clock.now += 10
    assert await verdict(senders, f"Bearer {GOOD}") == "accepted"


async def test_expired_token_is_asked_about(senders: Senders, reviews: Reviews, clock: Clock) -> None:
    """A good verdict ends with its token, even within its minute."""
    short = token(exp=NOW + 30)
    assert await verdict(senders, f"Bearer {short}") == "accepted"
    reviews.status = {"authenticated": False}
    clock.now += 30
    assert await verdict(senders, f"Bearer {short}") == NOT_VALID


@pytest.mark.parametrize("set_by", [-3600.0, 3000.0], ids=["back", "ahead"])
async def test_a_clock_that_is_set(senders: Senders, reviews: Reviews, clock: Clock, set_by: float) -> None:
    """A verdict holds for its minute, no longer and no less, when somebody sets the machine's clock."""
    await senders.check(f"Bearer {GOOD}")
    clock.set_by = set_by
    clock.now += 59
    await senders.check(f"Bearer {GOOD}")
    clock.now += 1
    await senders.check(f"Bearer {GOOD}")
    assert reviews.asked == [GOOD, GOOD]
