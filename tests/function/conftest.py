"""What the tests of function/ share."""

import pytest
from hypothesis import settings
from prometheus_client import CollectorRegistry

from function.metrics import Metrics

settings.register_profile("hookrunner", deadline=None)  # a busy machine is no failure
settings.load_profile("hookrunner")


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of the test's own, to read the metrics back from."""
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    """The metrics, in `registry`."""
    return Metrics(registry)
