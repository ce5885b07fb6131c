"""Events that both major versions of the cloudevents library made, recorded on both runtimes."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.functions import ROOT, FunctionProcess
from tests.support.wire import exchange

pytestmark = pytest.mark.conformance

PYTHONS = {"1.12": ".venv/bin/python", "2.2": ".venv-func/bin/python"}
KEYS = {"binary": ["binary"], "structured": ["structured"], "batched": ["batched-0", "batched-1", "batched-2"]}
WARM = '{"node-3":"2026-11-24T08:00:00Z"}'


@pytest.fixture(scope="session", params=PYTHONS)
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The requests of one version by mode."""
    script = Path(__file__).with_name("make_events.py")
    printed = subprocess.run([ROOT / PYTHONS[request.param], "-P", script], capture_output=True, check=True, timeout=60)
    lines = list(map(json.loads, printed.stdout.splitlines()))
    assert {line["version"].rpartition(".")[0] for line in lines} == {request.param}
    return {line["mode"]: line for line in lines}


@pytest.mark.parametrize("mode", KEYS)
def test_event(record: FunctionProcess, history: Path, made: dict[str, Any], mode: str) -> None:
    """204 without a body or ce- headers, and each event is in the history."""
    answer = exchange(record.port, base64.b64decode(made[mode]["body"]), made[mode]["headers"])
    assert (answer.status, answer.body, answer.is_framed()) == (204, b"", True)
    assert not [name for name in answer.headers if name.startswith("ce-")]
    data = yaml.safe_load(history.read_text())["data"]
    for key in KEYS[mode]:
        name = f"library-{made[mode]['version'][0]}-{key}"
        assert (data[name], data[f"_warm.{name}"]) == ("node-3", WARM)
