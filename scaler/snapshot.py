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
"""Selections whose counts are kept for one source; the one unused longest leaves first."""
_REMEMBERED = 4096
"""Selections of which it is known what they were told since the last full count."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The jobs of one source. `taken_at` is monotonic: when its oldest part was asked for.

    `failed` and `capped` say why it is a lower bound: parts that GitLab did not tell, by name, and parts of which
    maxPages cut the rest. `last_full` is then the last snapshot before it that was none; None if there never was one.
    `rounds` is the number of the last round that had ended.
    """

    taken_at: float
    jobs: tuple[Job, ...]
    runner: RunnerItem | None = None
    failed: Mapping[str, str] = field(default_factory=dict)
    capped: tuple[str, ...] = ()
    last_full: "Snapshot | None" = None
    rounds: int = 0

    @property
    def full(self) -> "Snapshot | None":
        """The last snapshot that is no lower bound: this one, or `last_full`."""
        return self.last_full if self.truncated else self

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
    """What KEDA is told. `value` may be above `counted` while the count is a lower bound. `age` is in seconds.

    `rounds` is the number of the last round that had ended.
    """

    value: int
    active: bool
    counted: Counted
    age: float
    truncated: bool
    rounds: int = 0


@dataclass(slots=True)
class _Known:
    snapshot: Snapshot
    counted: Counted
    value: int


class Answers:
    """The answers from one source's snapshots.

    While a snapshot is a lower bound, no selection is answered less than the last full one holds, nor less than it was
    answered since: who never asked before is safe too, and what full counts have said in between is not forgotten.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Selection, _Known] = OrderedDict()
        self._full: Snapshot | None = None
        self._told: dict[Selection, int] = {}

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
        known = self._count(query, snapshot, wall)
        active = query.active(known.value)
        return Answer(known.value, active, known.counted, age, snapshot.truncated, snapshot.rounds)

    def _count(self, query: Query, snapshot: Snapshot, now: float) -> _Known:
        """What is known of the query's selection at `now` (epoch), kept until the next snapshot or a ripe job."""
        if snapshot.full is not self._full:
            self._full = snapshot.full
            self._told.clear()
        selection = query.selection
        known = self._known.get(selection)
        if known is None or known.snapshot is not snapshot or now >= known.counted.changes_at:
            counted = count(snapshot.jobs, effective(selection, snapshot.runner), now)
            value = self._bound(selection, snapshot, counted.value, now) if snapshot.truncated else counted.value
            known = self._known[selection] = _Known(snapshot, counted, value)
            self._remember(selection, value)
        self._known.move_to_end(selection)
        return known

    def _remember(self, selection: Selection, value: int) -> None:
        if selection in self._told or len(self._told) < _REMEMBERED:
            self._told[selection] = value
        if len(self._known) > _SELECTIONS:
            self._known.popitem(last=False)

    def _bound(self, selection: Selection, snapshot: Snapshot, value: int, now: float) -> int:
        """What may be answered where `value` is only a lower bound."""
        full = snapshot.full
        if full is None and snapshot.failed and selection not in self._told:
            raise CountUnknown(f"{value} jobs at least, and never counted in full: {snapshot.doubts()}")
        if selection not in self._told and len(self._told) >= _REMEMBERED:
            why = "too many others ask to know what was answered before"
            raise CountUnknown(f"{value} jobs at least, and {why}: {snapshot.doubts()}")
        before = 0 if full is None else count(full.jobs, effective(selection, full.runner), now).value
        bound = max(value, before, self._told.get(selection, 0))
        if bound == 0:
            raise CountUnknown(f"0 jobs, but not all could be counted: {snapshot.doubts()}")
        return bound


def effective(selection: Selection, runner: RunnerItem | None) -> Selection:
    """The selection with the tags of its runner, where those were read from GitLab."""
    if runner is None:
        return selection
    return replace(selection, tags=frozenset(runner.tag_list), run_untagged=runner.run_untagged)
