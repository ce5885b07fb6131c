"""Imported by Python at its start if this folder is on its path: sets the process's clock SKEW_SECONDS ahead.

All of it: `time.time`, `time.time_ns`, `datetime.now` and `utcnow`. (`today` asks `time.time`.) A class cannot stand in
for `datetime`, as msgspec knows it by its type, so its own methods are replaced.
"""

import ctypes
import gc
import os
import time
from datetime import UTC, datetime, tzinfo

_ahead = float(os.environ.get("SKEW_SECONDS", "0"))
_time, _time_ns = time.time, time.time_ns


def _now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    return cls.fromtimestamp(_time() + _ahead, tz)


def _utcnow(cls: type[datetime]) -> datetime:
    return _now(cls, UTC).replace(tzinfo=None)


time.time = lambda: _time() + _ahead
time.time_ns = lambda: _time_ns() + int(_ahead * 1e9)
[_methods] = gc.get_referents(datetime.__dict__)  # what is behind the read-only view of a type that is made in C
_methods |= {"now": classmethod(_now), "utcnow": classmethod(_utcnow)}
ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
