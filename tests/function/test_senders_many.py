"""Who may record, among many tokens: how often the API server is asked, and whom they push out or hold up."""

import asyncio
from typing import Any

import pytest

from function.errors import ApiUnavailable, StoreUnavailable
from function.senders import MAX_CACHED, Senders
from tests.function.tokens import GOOD, INFORMER, Clock, Reviews, accepted, verdict


async def test_a_thousand_at_once_ask_once(senders: Senders, reviews: Reviews) -> None:
    """A thousand requests with one new token are one question."""
    reviews.let_go.clear()
    waiting = [asyncio.create_task(verdict(senders, "Bearer x")) for _ in range(1000)]
    await asyncio.sleep(0)
    reviews.let_go.set()
    assert set(await asyncio.gather(*waiting)) == {"accepted"}
    assert reviews.asked == ["x"]


async def test_a_thousand_at_once_with_nobody_to_ask(senders: Senders, reviews: Reviews) -> None:
    """They do not wait for a thousand time-outs, one after the other."""
    reviews.failure = ApiUnavailable("POST: no answer")
    results = await asyncio.gather(*(senders.check("Bearer x") for _ in range(1000)), return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    assert reviews.asked == ["x"]


@pytest.mark.parametrize(
    "status", [accepted(INFORMER), {"authenticated": False}], ids=["good ones", "those that were made up"]
)
async def test_memory_is_bounded(senders: Senders, reviews: Reviews, status: dict[str, Any]) -> None:
    """Beyond so many tokens, the one that was remembered longest is asked about again."""
    reviews.status = status
    for number in range(MAX_CACHED + 1):
        await verdict(senders, f"Bearer token-{number}")
    for number in (MAX_CACHED, 1, 0):
        await verdict(senders, f"Bearer token-{number}")
    assert reviews.asked[MAX_CACHED + 1 :] == ["token-0"]


async def test_renewed_is_as_new(senders: Senders, reviews: Reviews, clock: Clock) -> None:
    """A good verdict that was renewed is not the one that was remembered longest."""
    await senders.check(f"Bearer {GOOD}")
    for number in range(MAX_CACHED - 2):
        await senders.check(f"Bearer token-{number}")
    clock.now += 60
    for each in (GOOD, "one more", "another", GOOD):
        await senders.check(f"Bearer {each}")
    assert reviews.asked[MAX_CACHED - 1 :] == [GOOD, "one more", "another"]


async def test_made_up_tokens_push_none_out(senders: Senders, reviews: Reviews, clock: Clock) -> None:
    """However many tokens somebody makes up, the informer's holds on while the API server is away."""
    await senders.check(f"Bearer {GOOD}")
    reviews.status = {"authenticated": False}
    for number in range(MAX_CACHED + 1):
        await verdict(senders, f"Bearer made-up-{number}")
    reviews.failure = ApiUnavailable("POST: no answer")
    clock.now += 60
    assert await verdict(senders, f"Bearer {GOOD}") == "accepted"


async def test_made_up_tokens_hold_none_up(senders: Senders, reviews: Reviews, clock: Clock) -> None:
    """A good token is asked about again while many that somebody made up wait for their turn."""
    await senders.check(f"Bearer {GOOD}")
    clock.now += 60
    reviews.let_go.clear()
    reviews.unhindered = GOOD
    waiting = [asyncio.create_task(verdict(senders, f"Bearer made-up-{number}")) for number in range(100)]
    await asyncio.sleep(0)
    try:
        assert await asyncio.wait_for(verdict(senders, f"Bearer {GOOD}"), 10) == "accepted"
    finally:
        reviews.let_go.set()
        await asyncio.gather(*waiting)
