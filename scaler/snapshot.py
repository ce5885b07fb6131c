"""What is known of a source's jobs at one time, and what may be answered from it. Pure.

Unknown is never 0, and a count that is known to be too low never lowers an answer.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from function.errors import CountUnknown
from scaler.queries import Query
from scaler.queue import Counted, Job, Selection, count
from scaler.wire import RunnerItem

_NAMED = 3
_SELECTIONS = 256
"""Selections remembered for one source; the one unused longest leaves first."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The jobs of one source. `taken_at` is monotonic: when its oldest part was asked for.

    `failed` and `capped` say why it is a lower bound: parts that GitLab did not tell, by name, and parts of which
    maxPages cut the rest.
    """

    taken_at: float
    jobs: tuple[Job, ...]
    runner: RunnerItem | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    capped: tuple[str, ...] = ()

    @property
    def truncated(self) -> bool:
        """Whether there may be more jobs than these."""
        return bool(self.failed or self.capped)

    def doubts(self) -> str:
        """Why it is a lower bound, in a line; empty if it is exact."""
        reasons = [_some([f"{part}: {why}" for part, why in self.failed.items()], "; ")] if self.failed else []
        return "; ".join(reasons + ([f"maxPages reached: {_some(self.capped, ', ')}"] if self.capped else []))


def _some(texts: Sequence[str], separator: str) -> str:
    """The first three of them, and how many more there are."""
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return separator.join(texts[:_NAMED]) + more


@dataclass(frozen=True, slots=True)
class Answer:
    """What KEDA is told. `value` may be above `counted` while the count is a lower bound. `age` is in seconds."""

    value: int
    active: bool
    counted: Counted
    age: float
    truncated: bool


@dataclass(slots=True)
class _Known:
    snapshot: Snapshot
    counted: Counted
    value: int


class Answers:
    """The answers from one source's snapshots; remembers, of each selection, what was answered last."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._known: OrderedDict[Selection, _Known] = OrderedDict()

    def answer(self, query: Query, snapshot: Snapshot | None, now: float, wall: float) -> Answer:
        """The answer at `now` (monotonic) and `wall` (epoch).

        Raises:
            CountUnknown: there is none that is true; the message says why.
        """
        if snapshot is None:
            raise CountUnknown("not counted yet")
        age = now - snapshot.taken_at
        if age > query.max_stale:
            raise CountUnknown(f"last counted {age:.0f} s ago, maxStaleSeconds is {query.max_stale:.0f}")
        known = self._count(query, snapshot, now, wall)
        return Answer(known.value, query.active(known.value), known.counted, age, snapshot.truncated)

    def _count(self, query: Query, snapshot: Snapshot, now: float, wall: float) -> _Known:
        known = self._known.get(query.selection)
        if known is not None and known.snapshot is snapshot and wall < known.counted.changes_at:
            return known
        counted = count(snapshot.jobs, effective(query.selection, snapshot.runner), wall)
        value = counted.value if not snapshot.truncated else self._bound(query, snapshot, counted.value, known, now)
        known = self._known[query.selection] = _Known(snapshot, counted, value)
        self._known.move_to_end(query.selection)
        if len(self._known) > _SELECTIONS:
            self._known.popitem(last=False)
        return known

    def _bound(self, query: Query, snapshot: Snapshot, value: int, known: _Known | None, now: float) -> int:
        """What may be answered where `value` is only a lower bound."""
        if known is not None and known.value > 0:
            return max(value, known.value)
        if value == 0:
            raise CountUnknown(f"0 jobs, but not all could be counted: {snapshot.doubts()}")
        if snapshot.failed and known is None and now - self._started_at < query.max_stale:
            raise CountUnknown(f"{value} jobs at least, and never counted in full: {snapshot.doubts()}")
        return value


def effective(selection: Selection, runner: RunnerItem | None) -> Selection:
    """The selection with the tags of its runner, where those were read from GitLab."""
    if runner is None:
        return selection
    return replace(selection, tags=frozenset(runner.tag_list), run_untagged=runner.run_untagged)
