"""What the steps of the story share: the two functions, the history's file, and how an answer is shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from demo.bindings import Delivery
from demo.calls import Calls
from demo.errors import DemoError
from demo.page import Page
from demo.reviews import Answer, Review
from demo.words import WORDS
from function.history import keys_in
from function.mutate import Reason
from function.snapshot import Snapshot

WRITTEN = 204
RUNNER_LABEL = "gitlab.com/runner-id"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays. `now` is when it began."""

    page: Page
    mutate: Calls
    record: Calls
    history: Path
    now: datetime

    def show_history(self) -> None:
        """The history as a table: keys and their warm nodes, newest first."""
        snapshot = Snapshot(self._data())
        rows = [
            (key if first else "", node, self._ago(time))
            for key in sorted(keys_in(snapshot.data))
            for first, (node, time) in _marked(snapshot.entry(key).warm)
        ]
        self.page.table(("key", "warm node", "last binding there"), rows)

    def show_file(self) -> None:
        """The history's file."""
        self.page.file(self.history.name, self.history.read_text())

    def decide(self, review: Review, expected: Reason) -> Answer:
        """What `mutate` answers.

        Raises:
            DemoError: it is not what the story goes on from.
        """
        answer = self.mutate.decide(review)
        if answer.reason != expected:
            raise DemoError(f"mutate said {answer.reason} of a pod where {expected} is right: please report this")
        return answer

    def tell(self, delivery: Delivery) -> int:
        """Delivers events that are right; gives the status, which says that they are written.

        Raises:
            DemoError: they are not.
        """
        reply = self.record.deliver(delivery)
        if reply.status != WRITTEN:
            raise DemoError(f"record answered good events with {reply.status}: {reply.line}; please report this")
        return reply.status

    def show_answer(self, review: Review, answer: Answer) -> None:
        """Which pod, which key, and what was decided why."""
        patch = "none" if answer.patch is None else f"adds {len(answer.nodes)} preferred terms"
        self.page.facts(
            ("pod", review.name),
            ("key", f"{answer.key}  (its label {RUNNER_LABEL})"),
            ("answer", f"allowed, patch: {patch}"),
            ("why", f"{answer.reason}: {WORDS[Reason(answer.reason)]}"),
        )

    def _data(self) -> dict[str, str]:
        data: dict[str, str] = yaml.safe_load(self.history.read_text())["data"]
        return data

    def _ago(self, time: int) -> str:
        if not time:
            return "at an unknown time"
        then = datetime.fromtimestamp(time, UTC)
        return f"{then:%H:%M:%S} UTC, {round((self.now - then).total_seconds() / 60)} min ago"


def _marked(warm: tuple[tuple[str, int], ...]) -> list[tuple[bool, tuple[str, int]]]:
    return [(index == 0, pair) for index, pair in enumerate(warm)]
