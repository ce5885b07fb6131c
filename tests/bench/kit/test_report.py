"""What a bench leaves behind."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.kit import report
from bench.kit.charts import Chart
from bench.kit.report import Report, Run, show

FOUND = Report(
    question="How fast?",
    columns=["server", "1/s"],
    rows=[["mine", "10"], ["book", "2"]],
    chart=Chart("Rate", "1/s", ["mine", "book"], {"1 connection": [10.0, 2.0]}),
    figures={"1": {"mine": [9.5, 10, 11], "book": [2, 2, 2]}},
    notes=["a note"],
    measured={"rounds": 3},
)
RUN = Run(long=True, load_before=0.25, seconds=61.4, others=0.017)


def test_a_report_is_kept_with_what_it_was_measured_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commit, versions, how often, and what else the machine did; each list of numbers in one line."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    printed = io.StringIO()

    show("rate", FOUND, RUN, Console(file=printed, width=120))

    text = (tmp_path / "results" / "rate.json").read_text()
    kept = json.loads(text)
    assert '"mine": [ 9.5, 10, 11 ]' in text
    assert kept["figures"] == FOUND.figures
    assert kept["measured"] == {"rounds": 3}
    assert kept["run"] == {"long": True, "load_before": 0.25, "seconds": 61.4, "others": 0.017}
    assert kept["commit"]
    assert kept["versions"]["Go"].keys() == {"go", "k8s.io/api", "github.com/bytedance/sonic"}
    assert (tmp_path / "results" / "rate.png").stat().st_size > 1000
    assert "load 0.2 before, 0.02 cores busy with other work meanwhile; 61 s, long" in printed.getvalue()
    assert "a note" in printed.getvalue()
