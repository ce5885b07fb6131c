"""How far a replay is settled: events are posted over several connections, and settled in any order."""

import threading
from collections import deque
from dataclasses import dataclass

from informer.replay.places import Place


@dataclass(slots=True)
class Step:
    """An event under way; `digest` is of all up to it. `accepted` is None until it is settled."""

    digest: str
    accepted: bool | None = None


class Trail:
    """Moves the place on over what is settled without a gap."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._steps: deque[Step] = deque()
        self._lock = threading.Lock()

    def begin(self, digest: str) -> Step:
        """Notes the next event."""
        with self._lock:
            self._steps.append(step := Step(digest))
        return step

    def finish(self, step: Step, accepted: bool) -> None:
        """Notes that it was accepted, or refused."""
        with self._lock:
            step.accepted = accepted
            while self._steps and self._steps[0].accepted is not None:
                first = self._steps.popleft()
                refused = self.place.refused + (not first.accepted)
                self.place = Place(self.place.settled + 1, refused, first.digest)
