"""docs/operations.md tells of every setting and every metric that there is, and of no other."""

import re
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

import function.metrics
import informer.metrics
import scaler.metrics
from function.mutate import Reason

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
VARIABLE = re.compile(r"(?:HOOKRUNNER|K|FUNCTION)_[A-Z_]+|KUBECONFIG")


def section(heading: str) -> str:
    """The text under a heading of the second level."""
    return OPERATIONS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """The code words in the first cells of the tables' rows."""
    cells = (line.split("|")[1] for line in text.splitlines() if line.startswith("|"))
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def read_by_the_code() -> set[str]:
    """The variables whose names stand as texts of their own in the source."""
    sources = (
        path.read_text() for folder in ("function", "informer", "scaler") for path in (ROOT / folder).rglob("*.py")
    )
    return {name for source in sources for name in re.findall(rf'"({VARIABLE.pattern})"', source)}


def names(metrics: Iterable[Metric]) -> set[str]:
    """Names as Prometheus shows them: a counter's ends with _total."""
    return {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in metrics}


def test_settings() -> None:
    """The tables have every variable that is read."""
    assert first_cells(section("Settings")) == read_by_the_code()


def test_readme_settings() -> None:
    """The README's settings are among them."""
    readme = (ROOT / "README.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert first_cells(readme) <= first_cells(section("Settings"))


def test_metrics() -> None:
    """The tables have every metric."""
    registry = CollectorRegistry()
    function.metrics.Metrics(registry)
    made = [*registry.collect(), *informer.metrics.Metrics().registry.collect()]
    made += scaler.metrics.Metrics()._registry.collect()
    assert {name for name in first_cells(section("Metrics")) if name.startswith("hookrunner_")} == names(made)


def test_reasons() -> None:
    """The table of reasons has each of them."""
    words = {name for name in first_cells(section("Metrics")) if not name.startswith("hookrunner_")}
    assert words == set(map(str, Reason))
