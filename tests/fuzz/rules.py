"""What must hold of every input, and what is said where it does not."""

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

Try = Callable[[bytes], int]
"""Takes an input; gives how far it came (more is further), or raises what must not be raised."""

KINDS = ("exception", "5xx", "rule")
"""What may break: an exception that is none of ours, an answer that is never given, a promise that was not kept."""

_ROOT = Path(__file__).parents[2]
_OURS = ("function", "informer", "scaler")


class Broken(Exception):
    """An input broke what must hold. `kind` is one of KINDS; equal messages are one finding."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def hold(condition: bool, message: str) -> None:
    """Nothing, if `condition` is true.

    Raises:
        Broken: it is not.
    """
    if not condition:
        raise Broken("rule", message)


def stray(error: BaseException) -> Broken:
    """How an exception that is none of ours is reported: its type, and the last line of ours that it came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    where = f"{Path(frames[-1].filename).relative_to(_ROOT)}:{frames[-1].lineno}" if frames else "outside our code"
    return Broken("exception", f"{type(error).__name__} at {where}")


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS


class Alarm(logging.Handler):
    """Takes every log record as a log would, and keeps the exception of one that has a trace.

    A door catches what it did not foresee and logs it with its trace: nothing but the log shows that it happened.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._raised: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record."""
        record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            self._raised = record.exc_info[1]

    def check(self) -> None:
        """Nothing, if no trace was logged since the last call.

        Raises:
            Broken: one was.
        """
        error, self._raised = self._raised, None
        if error is not None:
            raise stray(error)


def raise_alarm() -> Alarm:
    """The alarm, in the place of every other handler of this process' logs."""
    alarm = Alarm()
    logging.basicConfig(handlers=[alarm], level=logging.WARNING, force=True)
    return alarm
