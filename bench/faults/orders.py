"""Events out of order, and again: the recorded hour is replayed, and the ConfigMap must become the same."""

import json
import subprocess
import sys
import time
from pathlib import Path

from bench.faults.cases import Case, Harm, Outcome, Profile, count
from bench.faults.deployed import make_history
from bench.faults.load import Load
from bench.faults.world import HISTORY, JOBS, World

_REPLAYS = 5


def _shuffled(world: World, profile: Profile) -> Outcome:
    return _replayed(world, profile, ["--shuffle", "1"], 1)


def _repeated(world: World, profile: Profile) -> Outcome:
    return _replayed(world, profile, [], _REPLAYS)


def _replayed(world: World, profile: Profile, options: list[str], times: int) -> Outcome:
    """Load without a fault; then the same events into a new ConfigMap, which must become equal."""
    with Load(world.kube, JOBS, profile.rate, 3) as load:
        time.sleep(profile.seconds)
    first = count(world, load, Harm())
    before = world.history()
    world.informers[0].terminate()
    recording = _recording(world)
    world.records[0].kill()  # it would put back what it knows
    world.kube.delete(HISTORY)
    make_history(world.kube)
    world.records[0].launch()
    world.records[0].wait_ready()
    for _ in range(times):
        _replay(world, recording, options)
    verdict, seconds = world.settle(world.bindings, 10)
    same = world.history() == before
    note = f"{len(recording.read_text().splitlines())} events; the ConfigMap is {'the same' if same else 'ANOTHER'}"
    return Outcome(verdict.recorded, verdict.happened, seconds, note, kept=same and first.good and verdict.whole)


def _recording(world: World) -> Path:
    path = world.folder / "events.jsonl"
    path.write_text("".join(f"{json.dumps(event)}\n" for event in world.front.accepted))
    return path


def _replay(world: World, recording: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "informer.replay", str(recording), "--sink", world.front.url, "--speed", "max"]
    subprocess.run([*command, *options], check=True, capture_output=True)


CASES = (
    Case("events out of order", "the same ConfigMap", _shuffled),
    Case(f"the same hour replayed {_REPLAYS} times", "the same ConfigMap", _repeated),
)
