"""The fault bench's wrong clock: every way in which Python asks for the time is wrong by as much."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SKEW = Path(__file__).parents[3] / "bench/faults/skew"
ASK = """
import json, time
from datetime import UTC, datetime
naive = datetime.utcnow().replace(tzinfo=UTC)
times = [datetime.now(UTC), datetime.now(), datetime.today(), naive]
print(json.dumps([time.time(), time.time_ns() / 1e9, *(one.timestamp() for one in times), time.monotonic()]))
"""


@pytest.mark.parametrize("ahead", [3600, -3600, 0])
def test_every_clock_of_the_process(ahead: int) -> None:
    """Between the times before and after, that much ahead; the clock that measures durations is left as it is."""
    environ = {**os.environ, "PYTHONPATH": str(SKEW), "SKEW_SECONDS": str(ahead)}
    before, started = time.time(), time.monotonic()
    command = [sys.executable, "-W", "ignore", "-c", ASK]
    *times, measured = json.loads(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)
    after, ended = time.time(), time.monotonic()
    assert [before + ahead <= one <= after + ahead for one in times] == [True] * 6
    assert started <= measured <= ended
