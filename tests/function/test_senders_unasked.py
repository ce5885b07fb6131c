"""Who may record, while the API server cannot be asked: whom it took holds on, nobody new is believed."""

import pytest
from prometheus_client import CollectorRegistry

from function.errors import ApiDenied, ApiError, ApiUnavailable, SettingError, StoreUnavailable
from function.metrics import Metrics
from function.senders import Senders
from tests.function.tokens import GOOD, SETTINGS, Clock, Reviews, token, verdict

UNASKED = "the API server cannot be asked about this token: send the event again"


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
    senders: Senders, reviews: Reviews, clock: Clock, given: str, seconds: float, expected: str
) -> None:
    """While the API server cannot be asked, a token that was good holds until its own end."""
    assert await verdict(senders, f"Bearer {given}") == "accepted"
    reviews.failure = ApiUnavailable("POST: no answer")
    clock.now += seconds
    if expected == "accepted":
        assert await verdict(senders, f"Bearer {given}") == "accepted"
        return
    with pytest.raises(StoreUnavailable) as caught:
        await senders.check(f"Bearer {given}")
    assert str(caught.value) == expected


async def test_a_review_that_makes_no_sense(senders: Senders, reviews: Reviews) -> None:
    """As if there had been none: its sender must come again."""
    reviews.status = {"authenticated": "yes"}
    with pytest.raises(StoreUnavailable):
        await senders.check("Bearer x")


@pytest.mark.parametrize(
    "failure", [ApiUnavailable("POST: no answer"), ApiDenied("POST: 403", 403)], ids=["no answer", "denied"]
)
async def test_unknown_token_and_nobody_to_ask(
    senders: Senders,
    reviews: Reviews,
    registry: CollectorRegistry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: ApiError,
) -> None:
    """Nothing is known of the token: its sender must come again, and the log says why, once a second at most."""
    reviews.failure = failure
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await senders.check("Bearer x")
    assert registry.get_sample_value("hookrunner_senders_total", {"outcome": "unknown"}) == 3
    assert reviews.asked == ["x"]
    assert [record.getMessage() for record in caplog.records] == [
        f"tokens cannot be checked, those known hold on; see config/components/rbac: {failure}"
    ]
    reviews.failure = None
    clock.now += 1
    assert await verdict(senders, "Bearer x") == "accepted"


async def test_no_way_to_the_api_server(metrics: Metrics) -> None:
    """A kubeconfig that cannot be used: nothing is believed, and the sender keeps its event."""

    def api() -> Reviews:
        raise SettingError("cannot use the kubeconfig /etc/kube: it is empty")

    with pytest.raises(StoreUnavailable):
        await Senders(SETTINGS, api, metrics).check("Bearer a.b.c")
