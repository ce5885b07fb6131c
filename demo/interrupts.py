"""Ctrl-C, a closed terminal and SIGTERM: each ends the demo in order, none leaves a process behind."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody wants the demo to end. Like KeyboardInterrupt no Exception: nothing may catch it on the way."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number
        """What a shell calls a program that this signal ended."""


def install() -> None:
    """Lets each of the signals raise Interrupted in the main thread, but for those that are ignored (nohup)."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextlib.contextmanager
def postponed() -> Iterator[None]:
    """Keeps the signals back until the end of the block: a process is started and noted, or ended, in one go."""
    came: list[int] = []
    before = {kept: signal.signal(kept, lambda number, _: came.append(number)) for kept in SIGNALS}
    try:
        yield
    finally:
        for kept, handler in before.items():
            signal.signal(kept, handler)
    for number in came[:1]:
        signal.raise_signal(number)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
