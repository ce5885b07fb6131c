"""What a store of the history is, and the limits that each keeps to."""

from dataclasses import dataclass
from typing import Protocol

from function.history import Change
from function.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a store keeps: nodes for each key, bytes of names and texts in all."""

    max_nodes: int
    max_bytes: int


class HistoryStore(Protocol):
    """Reads for `mutate`, writes for `record`."""

    def start(self) -> None:
        """Begins to follow the history; returns at once. Only a reader needs it."""

    def stop(self) -> None:
        """Ends what `start` began."""

    def ready(self) -> str | None:
        """None if a reader may be asked, else what it waits for."""

    def snapshot(self) -> Snapshot | None:
        """The newest history that is known; None before there is one. It never blocks on a network."""

    def write(self, change: Change) -> None:
        """Adds `change`; returns when it is kept. It blocks: call it in a thread.

        Raises:
            StoreError: it is not kept.
        """
