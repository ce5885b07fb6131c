"""Both runtimes as processes: the same suite runs against each, over real HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support import reviews
from tests.support.functions import RUNTIMES, FunctionProcess, run_function


@pytest.fixture(scope="session", params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """The name of a runtime: each in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def history(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that both functions of a runtime share, with what the reviews' keys are known by."""
    path = tmp_path_factory.mktemp(runtime) / "history.yaml"
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "history"}, "data": reviews.HISTORY}
    path.write_text(yaml.safe_dump(manifest))
    return path


@pytest.fixture(scope="session")
def environ(history: Path) -> dict[str, str]:
    """The settings of both functions; the reviews' history must not be too old, whenever this runs."""
    return {"HOOKRUNNER_HISTORY": f"file:{history}", "HOOKRUNNER_MAX_AGE": "3650d", "HOOKRUNNER_LOG_LEVEL": "error"}


@pytest.fixture(scope="session")
def mutate(runtime: str, environ: dict[str, str]) -> Iterator[FunctionProcess]:
    """The mutate function, running."""
    with run_function(runtime, "mutate", environ) as process:
        yield process


@pytest.fixture(scope="session")
def record(runtime: str, environ: dict[str, str]) -> Iterator[FunctionProcess]:
    """The record function, running."""
    with run_function(runtime, "record", environ) as process:
        yield process
