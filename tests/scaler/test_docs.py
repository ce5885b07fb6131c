"""docs/scaler.md says what the code does."""

import re
from pathlib import Path

import pytest
import yaml

from scaler.__main__ import main
from scaler.metrics import _FAMILIES
from scaler.queries import parse
from tests.config.rendering import ROOT

TEXT = (ROOT / "docs/scaler.md").read_text()


def test_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of parameters is the one that the code prints."""
    assert main(["parameters"]) == 0
    between = TEXT.partition("<!-- parameters: `python -m scaler parameters` -->\n")[2].partition("<!-- end")[0]
    assert between == capsys.readouterr().out


def test_variables() -> None:
    """Every variable that the settings read is in the table, with its default."""
    source = "".join((ROOT / name).read_text() for name in ("scaler/settings.py", "function/environment.py"))
    read = dict(re.findall(r'"(HOOKRUNNER_[A-Z_]+)", "([^"]+)"', source))
    rows = dict(re.findall(r"^\| `(HOOKRUNNER_[A-Z_]+)` \| `([^`]+)`", TEXT, re.MULTILINE))
    assert rows == {name: default for name, default in read.items() if "TLS" not in name}


def test_metrics() -> None:
    """Every metric is told of."""
    counters = re.findall(r'"(hookrunner_scaler_\w+_total)"', (ROOT / "scaler/metrics.py").read_text())
    names = {*counters, *(f"hookrunner_scaler_{name}" for name in _FAMILIES)}
    told = set(re.findall(r"hookrunner_scaler_\w+", TEXT)) | {
        f"hookrunner_scaler{name}" for name in re.findall(r"`…(_\w+)", TEXT)
    }
    assert names <= told


def test_readme() -> None:
    """The README's ScaledObject has a trigger that the scaler takes."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (found,) = [it for it in map(yaml.safe_load, blocks) if isinstance(it, dict) and it.get("kind") == "ScaledObject"]
    (trigger,) = found["spec"]["triggers"]
    query = parse(trigger["metadata"])
    assert (query.source.level, query.source.ref, query.target) == ("group", "my-group", 10)


def test_links() -> None:
    """What it links to is there."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)", TEXT) if "://" not in target]
    assert [target for target in targets if not (Path(ROOT) / "docs" / target).exists()] == []
