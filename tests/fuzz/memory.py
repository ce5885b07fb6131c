"""Whether memory stays flat: resident memory, sampled while inputs go by.

The first third of a part is its warm-up: caches that have a bound fill, and the allocator takes what it needs. After
it, memory may grow by NOISE, and by LEAST for each input. LEAST is less than any object takes that is kept: an empty
`bytes` has 33 bytes, its place in a list or dict 8 or more. So something that keeps one object of each input is found
as soon as NOISE is made up for, which takes some 200,000 inputs. Below ENOUGH inputs nothing can be told.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

NOISE = 4 * 1024 * 1024
LEAST = 16
ENOUGH = 20_000
EVERY = 500
"""Inputs between two samples."""

_STATM = Path("/proc/self/statm")


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not tell (no Linux)."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Memory:
    """Samples of resident memory, in bytes, one for each EVERY inputs."""

    samples: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Takes a sample."""
        self.samples.append(resident())

    def before(self) -> int:
        """What was held after the warm-up."""
        third = len(self.samples) // 3
        return _middle(self.samples[third : third + self._window()])

    def after(self) -> int:
        """What was held at the end."""
        return _middle(self.samples[-self._window() :])

    def allowed(self) -> int:
        """By how much it may have grown in between."""
        return NOISE + LEAST * EVERY * (len(self.samples) * 2 // 3)

    def is_flat(self) -> bool:
        """Whether it grew by no more than that, as far as can be told."""
        return len(self.samples) * EVERY < ENOUGH or self.after() - self.before() <= self.allowed()

    def _window(self) -> int:
        return max(1, len(self.samples) // 20)


def _middle(samples: list[int]) -> int:
    return round(median(samples)) if samples else 0
