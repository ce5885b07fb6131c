"""Imported by Python at its start if this folder is on its path: sets the process's clock SKEW_SECONDS ahead."""

import os
import time

_ahead = float(os.environ.get("SKEW_SECONDS", "0"))
_time = time.time
time.time = lambda: _time() + _ahead
