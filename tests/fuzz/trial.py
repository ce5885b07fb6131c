"""One part of a run, as its process sees it: tries inputs, counts, watches memory, keeps what breaks something."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.fuzz.memory import EVERY, Memory
from tests.fuzz.rules import Broken, Try, stray

TELL_SECONDS = 0.5
"""Between two reports."""


@dataclass
class Report:
    """What a part has to tell: while it runs, and at its end. `found` is a message and the file that shows it."""

    inputs: int = 0
    seconds: float = 0.0
    broken: dict[str, int] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    before: int = 0
    after: int = 0
    flat: bool = True
    done: bool = False

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


class Trial:
    """Tries up to `inputs` inputs for up to `seconds`; `tell` gets a report now and then, and the last one."""

    def __init__(
        self, name: str, attempt: Try, inputs: int, seconds: float, folder: Path, tell: Callable[[Report], None]
    ) -> None:
        self._name, self._try, self._limit, self._folder, self._tell = name, attempt, inputs, folder, tell
        self._memory = Memory()
        self._inputs = 0
        self._broken: Counter[str] = Counter()
        self._found: dict[str, str] = {}
        self._began = self._told = time.monotonic()
        self._ends = self._began + seconds

    @property
    def over(self) -> bool:
        """Whether it had its inputs, or its time."""
        return self._inputs >= self._limit or time.monotonic() > self._ends

    @property
    def left(self) -> int:
        """How many inputs there are still to try."""
        return self._limit - self._inputs

    def take(self, data: bytes) -> int:
        """How far an input came, 0 if it broke something: that is counted and kept."""
        try:
            return self.take_or_raise(data)
        except Broken as broken:
            self.keep(data, broken)
            return 0

    def take_or_raise(self, data: bytes) -> int:
        """How far an input came.

        Raises:
            Broken: it broke something that was not known yet; `keep` it. What is known is only counted.
        """
        self._count()
        try:
            return self._try(data)
        except Broken as broken:
            return self._counted(broken)
        except Exception as error:  # noqa: BLE001 - whatever is none of ours is what is looked for
            return self._counted(stray(error))

    def keep(self, data: bytes, broken: Broken) -> None:
        """Writes an input into a file that can be replayed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{self._name}-{hashlib.sha256(data).hexdigest()[:12]}"
        file.write_bytes(data)
        self._found[f"{broken.kind}: {broken}"] = str(file)

    def end(self) -> None:
        """Tells the last report."""
        self._tell(self._report(done=True))

    def _counted(self, broken: Broken) -> int:
        self._broken[broken.kind] += 1
        if f"{broken.kind}: {broken}" in self._found:
            return 0
        raise broken

    def _count(self) -> None:
        if self._inputs % EVERY == 0:
            self._memory.look()
            if time.monotonic() - self._told > TELL_SECONDS:
                self._told = time.monotonic()
                self._tell(self._report(done=False))
        self._inputs += 1

    def _report(self, *, done: bool) -> Report:
        memory = self._memory
        return Report(
            inputs=self._inputs,
            seconds=time.monotonic() - self._began,
            broken=dict(self._broken),
            found=dict(self._found),
            before=memory.before(),
            after=memory.after(),
            flat=memory.is_flat(),
            done=done,
        )
