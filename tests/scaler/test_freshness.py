"""How old a group's count gets: on a virtual clock, with the default pace, against the fake GitLab."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from function.errors import CountUnknown
from scaler.budget import Budget
from scaler.calls import Calls
from scaler.gitlab import GitLab
from scaler.poller import Timing
from scaler.pollers import Pollers
from scaler.queries import Query, parse
from tests.gitlab.gitlab import GitLab as Fake
from tests.scaler.virtual import Inside, virtually

PROJECTS = 500
PER_MINUTE = 480
QUERY = parse({"groupId": "team"})


class World:
    """A group of 500 projects with one job each, counted by the pollers."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.fake = Fake(lambda: 1_764_000_000.0 + loop.time())
        group = self.fake.instance.add_group("team")
        self.projects = [self.fake.instance.add_project(f"app-{number}", group).id for number in range(PROJECTS)]
        for number in self.projects:
            self.fake.instance.add_job(self.fake.instance.projects[number])
        self.calls = Calls(Inside(self.fake), Budget(PER_MINUTE, loop.time, self.fake.clock), lambda _: None)
        client = GitLab(self.calls, QUERY.source.timeout, QUERY.source.max_pages, self.fake.clock)
        self.pollers = Pollers(lambda _: client, Timing(), limit=1, idle=900, clock=loop.time)

    def outcome(self, query: Query = QUERY) -> int | str:
        """What KEDA would be told."""
        try:
            return self.pollers.answer(query).value
        except CountUnknown as unknown:
            return str(unknown)

    async def counted(self) -> None:
        """Waits for the first count."""
        while isinstance(self.outcome(), str):  # noqa: ASYNC110 - as KEDA asks
            await asyncio.sleep(1)


@asynccontextmanager
async def counting() -> AsyncIterator[World]:
    """Such a world, once it was counted."""
    world = World()
    await world.counted()
    try:
        yield world
    finally:
        world.pollers.close()
        world.calls.close()


@pytest.mark.parametrize(
    ("events", "among"),
    [
        pytest.param(0, PROJECTS, id="no-events"),
        pytest.param(1, PROJECTS, id="one-a-second"),
        pytest.param(8, PROJECTS, id="as-many-as-calls"),
        pytest.param(100, PROJECTS, id="many-more-than-calls"),
        pytest.param(20, 20, id="of-a-few-busy-projects"),
    ],
)
def test_always_answered(events: int, among: int) -> None:
    """A group of 500 projects is answered all the time at the defaults, whatever events come; within the pace."""

    async def main() -> tuple[set[int | str], float, int]:
        outcomes, ages = set(), [0.0]
        async with counting() as world:
            (poller,) = world.pollers
            for second in range(300):
                for number in range(second * events, (second + 1) * events):
                    world.pollers.job_changed(world.projects[number % among])
                await asyncio.sleep(1)
                outcomes.add(world.outcome())
                ages.append(poller.age)
            minutes = Counter(int(call.at // 60) for call in world.fake.record.calls)
        return outcomes, max(ages), max(minutes.values())

    outcomes, oldest, busiest = virtually(main)
    assert outcomes == {PROJECTS}
    assert oldest < (105 if events else 70)
    assert busiest <= PER_MINUTE + 2 * PER_MINUTE // 20


def test_seen_before_the_round_ends() -> None:
    """New jobs are answered about when their project was counted, not at the end of the round."""

    async def main() -> list[int | str]:
        async with counting() as world:
            (poller,) = world.pollers
            first = poller.snapshot
            instance = world.fake.instance
            instance.add_jobs(instance.projects[world.projects[100]], 7)
            await asyncio.sleep(20)
            assert poller.snapshot is not first
            return [world.outcome()]

    assert virtually(main) == [PROJECTS + 7]


def test_recounted_parts_are_not_asked_again() -> None:
    """What an event had counted since a round began, the round leaves out."""

    async def main() -> int:
        async with counting() as world:
            await asyncio.sleep(5)
            world.fake.record.clear()
            world.pollers.job_changed(world.projects[-1])
            await asyncio.sleep(55)
            return len(world.fake.record.matching(f"/projects/{world.projects[-1]}/jobs$"))

    assert virtually(main) == 1


def test_limit_of_age_that_cannot_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    """A maxStaleSeconds below what a round takes: the error and the log name the least sensible one."""
    short = parse({"groupId": "team", "maxStaleSeconds": "40"})

    async def main() -> set[int | str]:
        outcomes = set()
        async with counting() as world:
            for _ in range(120):
                await asyncio.sleep(1)
                outcomes.add(world.outcome(short))
        return outcomes

    outcomes = virtually(main)
    refusals = {one.partition(" s ago, ")[2] for one in outcomes if isinstance(one, str)}
    (warning,) = [one.getMessage() for one in caplog.records if "maxStaleSeconds" in one.getMessage()]
    assert all(re.fullmatch("maxStaleSeconds is 40; give maxStaleSeconds at least 10[0-9]", one) for one in refusals)
    assert re.search(
        "maxStaleSeconds 40 is less than a count's age can be, as one takes 6[0-9] s: give at least 10[0-9]$", warning
    )
    assert refusals
