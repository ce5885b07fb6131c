"""How far the events of one resource are delivered."""

import threading
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Step:
    """Something that was seen, and the position after it (empty inside a list), between its neighbours.

    Neighbours that are done are one step, with the last position of them all.
    """

    position: str
    done: bool
    before: "Step | None" = None
    after: "Step | None" = None


class Progress:
    """Positions in the order in which they were seen, and the last one up to which everything is delivered.

    Events are delivered by several threads and finish in any order: the position moves on only over what is done
    without a gap. What is done takes no room, however much of it there is: at most one step for each that is not.
    """

    def __init__(self, position: str) -> None:
        self._first = self._last = Step(position, done=True)
        self._steps = 0
        self._lock = threading.Lock()

    @property
    def position(self) -> str:
        """Everything up to here is delivered; empty before the first list is."""
        return self._first.position

    @property
    def steps(self) -> int:
        """How many steps are remembered beyond the position."""
        return self._steps

    def begin(self, position: str) -> Step:
        """Notes an event that is to be delivered."""
        with self._lock:
            return self._append(position, done=False)

    def finish(self, step: Step) -> None:
        """Tells that it was."""
        with self._lock:
            step.done = True
            self._join(step, step.after)
            self._join(step.before, step)

    def passed(self, position: str) -> None:
        """Notes something that needs no delivery."""
        with self._lock:
            last = self._last
            self._join(last, self._append(position, done=True))

    def _append(self, position: str, *, done: bool) -> Step:
        step = Step(position, done, before=self._last)
        self._last.after = step
        self._last = step
        self._steps += 1
        return step

    def _join(self, step: Step | None, after: Step | None) -> None:
        """Makes one of two neighbours, if both are done."""
        if step is None or after is None or not (step.done and after.done):
            return
        step.position = after.position or step.position
        step.after = after.after
        if after.after is None:
            self._last = step
        else:
            after.after.before = step
        self._steps -= 1
