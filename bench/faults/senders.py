"""Faults of who may record: the informer's token, and the API server's review of it.

In each of them somebody else tries to record as well: without a token, and with another ServiceAccount's.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import httpx

from bench.faults.cases import Case, Harm, Outcome, Profile, Run, count, seen
from bench.faults.load import Load
from bench.faults.tokens import ACCOUNT, OTHER, Tokens
from bench.faults.world import JOBS, OURS, Parts, World
from function.history import keys_in

_INTRUDER = "intruder"
_SHORT_SECONDS = 2
_STRUCTURED = {"content-type": "application/cloudevents+json"}
_EVENT = {
    "specversion": "1.0",
    "type": "dev.hookrunner.pod.bound.v1",
    "source": "/somebody",
    "id": "1",
    "data": {"key": _INTRUDER, "node": "node-1", "boundAt": "2026-11-24T08:00:00Z"},
}


@contextlib.contextmanager
def _review_down(world: World, tokens: Tokens) -> Iterator[str]:
    world.storing.refuse = b"/tokenreviews"
    tokens.give(tokens.issue())
    yield "with nothing known before"
    world.storing.heal()


@contextlib.contextmanager
def _expired(world: World, tokens: Tokens) -> Iterator[str]:
    tokens.give(tokens.short(seconds=_SHORT_SECONDS))
    yield f"good for {_SHORT_SECONDS} s, the next one comes late"
    seen(lambda: 401 in _statuses(world))
    tokens.give(tokens.issue())


@contextlib.contextmanager
def _wrong_audience(world: World, tokens: Tokens) -> Iterator[str]:  # noqa: ARG001 - as every fault
    tokens.give(tokens.issue(audience="somebody-else"))
    yield "the right one comes late"
    tokens.give(tokens.issue())


def _guarded(harm: Callable[[World, Tokens], contextlib.AbstractContextManager[str]], status: int) -> Run:
    """A run in which the informer itself must meet `status`, and be let in afterwards."""

    def run(world: World, profile: Profile) -> Outcome:
        tokens = Tokens(world.plane, world.token_file)
        with Load(world.kube, JOBS, profile.rate, 3) as load, harm(world, tokens) as note:
            time.sleep(profile.hold / 2)
            statuses = _intrude(world, tokens)
            time.sleep(profile.hold / 2)
        statuses |= _intrude(world, tokens)
        outcome = count(world, load, Harm(note))
        met = _statuses(world)
        let_in = status in met and 204 in met[met.index(status) :]
        refused = _INTRUDER not in keys_in(world.history()) and not any(other < 400 for other in statuses)
        told = f"the informer got {_listed(met)}, others {_listed(statuses)}"
        return replace(outcome, note=f"{outcome.note}; {told}", kept=outcome.kept and refused and let_in)

    return run


def _statuses(world: World) -> list[int]:
    """What the informer's posts were answered, in order."""
    return [post.answer.status for post in list(world.front.posts)]


def _listed(statuses: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(statuses))))


def _intrude(world: World, tokens: Tokens) -> set[int]:
    """The statuses of what somebody else gets who tries to record."""
    headers = [_STRUCTURED, {**_STRUCTURED, "authorization": f"Bearer {tokens.issue(account=OTHER)}"}]
    return {
        httpx.post(world.records[0].url, json=_EVENT, headers=each, trust_env=False).status_code for each in headers
    }


_PARTS = Parts(
    informer={"HOOKRUNNER_SINK_TOKEN_FILE": "{folder}/token"},
    record={"HOOKRUNNER_RECORD_SENDERS": f"{OURS}/{ACCOUNT}"},
)
_MUST = "nothing accepted that should not be, nothing lost"

CASES = (
    Case("TokenReview down", _MUST, _guarded(_review_down, 503), _PARTS),
    Case("token expired in the middle", _MUST, _guarded(_expired, 401), _PARTS),
    Case("token for another audience", _MUST, _guarded(_wrong_audience, 401), _PARTS),
)
