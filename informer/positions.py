"""How far the events of one resource are delivered."""

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class Step:
    """One thing that was seen, and the position after it; empty inside a list."""

    position: str
    done: bool = False


class Progress:
    """Positions in the order in which they were seen, and the last one up to which everything is delivered.

    Events are delivered by several threads and finish in any order: the position moves on only over what is done
    without a gap.
    """

    def __init__(self, position: str) -> None:
        self._delivered = position
        self._steps: deque[Step] = deque()
        self._lock = threading.Lock()

    @property
    def position(self) -> str:
        """Everything up to here is delivered; empty before the first list is."""
        return self._delivered

    @property
    def steps(self) -> int:
        """How many steps are remembered."""
        return len(self._steps)

    def begin(self, position: str) -> Step:
        """Notes an event that is to be delivered."""
        with self._lock:
            self._steps.append(step := Step(position))
        return step

    def finish(self, step: Step) -> None:
        """Tells that it was."""
        with self._lock:
            step.done = True
            self._advance()

    def passed(self, position: str) -> None:
        """Notes something that needs no delivery. In a row they take the room of one."""
        with self._lock:
            if self._steps and self._steps[-1].done:
                self._steps[-1].position = position or self._steps[-1].position
            else:
                self._steps.append(Step(position, done=True))
            self._advance()

    def _advance(self) -> None:
        while self._steps and self._steps[0].done:
            self._delivered = self._steps.popleft().position or self._delivered
