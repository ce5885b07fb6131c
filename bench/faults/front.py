"""What stands before the replicas of `record`: it hands posts on in turn, and can misbehave as a sink does."""

from collections.abc import Mapping
from itertools import count

import urllib3
from urllib3.exceptions import HTTPError

from tests.informer.sink import Answer, Json, Sink

_PASSED = ("authorization", "content-type")


class Front(Sink):
    """A sink that hands on to `targets`, URLs of `record`."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.instead: Answer | None = None
        """An answer to give without handing on."""
        self.drop_every = 0
        """Lose each so-many-th answer; 0 loses none."""
        self.delay = 0.0
        """Seconds by which each answer is late."""
        self._posts = count(1)
        self._pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=30)

    def heal(self) -> None:
        """Hands on, as ever."""
        self.instead, self.drop_every, self.delay = None, 0, 0.0

    def respond(self, events: list[Json], headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - as it came
        """The answer of one of the targets, or what is to be said instead."""
        if self.instead is not None:
            return self.instead
        number = next(self._posts)
        drop = self.drop_every > 0 and number % self.drop_every == 0
        return Answer(self._hand_on(number, headers, body), delay=self.delay, drop=drop)

    def _hand_on(self, number: int, headers: Mapping[str, str], body: bytes) -> int:
        passed = {name: headers[name] for name in _PASSED if name in headers}
        target = self.targets[number % len(self.targets)]
        try:
            return self._pool.request("POST", target, body=body, headers=passed).status
        except (HTTPError, OSError):
            return 502
