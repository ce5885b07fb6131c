"""What the tests of function/ share."""

import pytest
from hypothesis import HealthCheck, settings
from prometheus_client import CollectorRegistry

from function.metrics import Metrics
from function.senders import Senders
from tests.function.tokens import SETTINGS, Clock, Reviews

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


@pytest.fixture
def reviews() -> Reviews:
    """The API server's reviews of tokens."""
    return Reviews()


@pytest.fixture
def clock() -> Clock:
    """The clock of `senders`."""
    return Clock()


@pytest.fixture
def senders(reviews: Reviews, metrics: Metrics, clock: Clock) -> Senders:
    """Who may record, asked of `reviews`."""
    return Senders(SETTINGS, lambda: reviews, metrics, clock, clock.wall)
