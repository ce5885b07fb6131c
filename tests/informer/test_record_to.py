"""Recording what the informer would post, and replaying it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from informer.record_to import main
from informer.replay.recordings import read_events
from tests.controlplane.cluster import ControlPlane
from tests.informer.cluster import Jobs
from tests.informer.processes import ROOT
from tests.informer.sink import Sink
from tests.support.waiting import wait_until


@pytest.mark.controlplane
def test_what_is_bound_is_recorded_and_can_be_replayed(
    controlplane: ControlPlane, jobs: Jobs, sink: Sink, tmp_path: Path
) -> None:
    """What was there before, and what comes; SIGTERM ends it. A replay sends the same events."""
    path = tmp_path / "events.jsonl"
    before = jobs.bind(2)
    command = [sys.executable, "-m", "informer.record_to", str(path), "--kubeconfig", str(controlplane.kubeconfig())]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as recorder:
        wait_until(lambda: path.exists() and len(path.read_text().splitlines()) >= 2, "two events are recorded")
        after = jobs.bind(1)
        wait_until(lambda: len(path.read_text().splitlines()) >= 3, "three events are recorded")
        os.kill(recorder.pid, signal.SIGTERM)
        _, said = recorder.communicate(timeout=20)
    replay = [sys.executable, "-m", "informer.replay", str(path), "--sink", sink.url, "--speed", "max"]
    replayed = subprocess.run(replay, cwd=ROOT, capture_output=True, check=False)

    recorded = list(read_events(path))
    assert (recorder.returncode, said) == (0, f"record_to: 3 events in {path}\n")
    assert sorted(event["id"] for event in recorded) == sorted(before + after)
    assert replayed.returncode == 0
    assert sorted(sink.accepted, key=str) == sorted(recorded, key=str)


def test_a_wrong_setting_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with the variable's name."""
    monkeypatch.setenv("HOOKRUNNER_CLUSTER", "not a name")

    code = main([str(tmp_path / "events.jsonl")])

    assert code == 2
    assert capsys.readouterr().err.startswith("record_to: HOOKRUNNER_CLUSTER='not a name' is not valid")


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, controlplane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is watched."""
    path = tmp_path / "missing" / "events.jsonl"

    code = main([str(path), "--kubeconfig", str(controlplane.kubeconfig())])

    assert code == 2
    assert f"No such file or directory: '{path}'" in capsys.readouterr().err
