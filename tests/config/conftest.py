"""What the tests of config/ share."""

from pathlib import Path

import pytest

from tests.config.rendering import Json, rendered
from tests.controlplane.programs import Programs


@pytest.fixture(scope="session")
def kubectl(programs: Programs) -> Path:
    """kubectl, of which only `kustomize` is used; built with the control plane."""
    return programs.path("kubectl")


@pytest.fixture(scope="session")
def default(kubectl: Path) -> list[Json]:
    """The objects of config/default."""
    return rendered(kubectl, "default")
