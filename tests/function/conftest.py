"""What the tests of function/ share."""

import pytest
from hypothesis import HealthCheck, settings
from prometheus_client import CollectorRegistry

from function.metrics import Metrics

# A busy machine is no failure.
settings.register_profile("hookrunner", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hookrunner")


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of the test's own, to read the metrics back from."""
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    """The metrics, in `registry`."""
    return Metrics(registry)
