"""`python -m scaler check QUERY.yaml`: asks GitLab once, and tells what would be counted and why not the rest.

QUERY.yaml is a trigger's metadata, or a ScaledObject or ScaledJob with a trigger of type external or external-push.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

from function.errors import CountUnknown
from scaler.connections import Connections
from scaler.credentials import Credentials
from scaler.manifest import Trigger
from scaler.poller import Poller, Timing
from scaler.queries import Query, parse
from scaler.queue import PENDING, Job, Why, why_not
from scaler.settings import Settings
from scaler.snapshot import Answer, effective

_SHOWN = 10
_REASONS = {
    Why.STATUS: "of another status",
    Why.TAGS: "with tags that the runner has not",
    Why.UNTAGGED: "without tags, and the runner takes tagged ones only",
    Why.AGE: "waiting for less than minQueuedSeconds",
    Why.RUNNER: "running on another runner",
}


def check(trigger: Trigger, settings: Settings, namespace: str | None) -> int:
    """Asks once and prints what came of it; 0 if there is an answer, 1 if KEDA would get UNAVAILABLE.

    Raises:
        QueryError: the query is wrong, the namespace may not ask it, or the token may not be sent to its GitLab.
    """
    query = parse(trigger.metadata)
    credentials = Credentials(settings.credentials)
    credential, asking = credentials.get(query.source.credential), namespace or trigger.namespace
    if asking is None:
        credential.check_source(query.source)
    else:
        credential.check(query.source, asking)
    return asyncio.run(_ask(query, credentials, settings))


async def _ask(query: Query, credentials: Credentials, settings: Settings) -> int:
    calls: list[int] = []
    connections = Connections(credentials, settings.ca_folder, lambda _name, _url, code: calls.append(code))
    poller = Poller(query.source, connections.gitlab(query.source), Timing(), lambda: None)
    print(f"asked        {query.source.level} {query.source.ref} at {query.source.gitlab_url}".rstrip())
    started = time.monotonic()
    await poller.sweep()
    connections.close()
    seconds = time.monotonic() - started
    (budget,) = connections.budgets.values()
    left = "GitLab does not say how many are left" if budget.remaining is None else f"{budget.remaining} left"
    print(f"calls        {len(calls)} in {seconds:.2f} s; {left}; at most {budget.per_second * 60:.0f} a minute")
    try:
        answer = poller.answer(query)
    except CountUnknown as unknown:
        print(f"answer       UNAVAILABLE: {poller.error or unknown}")
        return 1
    for line in _lines(query, poller, answer, time.time()):
        print(line)
    return 0


def _lines(query: Query, poller: Poller, answer: Answer, now: float) -> Iterator[str]:
    """What there is to say of an answer."""
    counted = answer.counted
    statuses = Counter(job.status for job in counted.jobs)
    parts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items())) or "none"
    yield f"counted      {len(counted.jobs)} jobs ({parts}); the oldest waits {counted.oldest_wait(now):.0f} s"
    yield from _left_out(query, poller, now)
    if poller.snapshot is not None and poller.snapshot.truncated:
        yield f"lower bound  {poller.snapshot.doubts()}"
    replicas = -(-answer.value // query.target)
    active = "active" if answer.active else "not active"
    yield f"answer       {answer.value}, {active} (above {query.activation}); {replicas} replicas of {query.target}"


def _left_out(query: Query, poller: Poller, now: float) -> Iterator[str]:
    if poller.snapshot is None:
        return
    selection = effective(query.selection, poller.snapshot.runner)
    rest: dict[Why, list[Job]] = {}
    for job in poller.snapshot.jobs:
        why = why_not(job, selection, now)
        if why is not None:
            rest.setdefault(why, []).append(job)
    for why, jobs in rest.items():
        yield f"not counted  {len(jobs)} {_REASONS[why]}"
        yield from (f"               {_described(job, now)}" for job in jobs[:_SHOWN])
        if len(jobs) > _SHOWN:
            yield f"               and {len(jobs) - _SHOWN} more"
    if not query.source.running:
        yield "not asked    running jobs (count: pending)"


def _described(job: Job, now: float) -> str:
    tags = ",".join(job.tags) or "no tags"
    wait = f", waits {now - job.queued_at:.0f} s" if job.status == PENDING else ""
    return f"job {job.id} {job.name!a} of project {job.project_id}: {job.status}, {tags}{wait}"
