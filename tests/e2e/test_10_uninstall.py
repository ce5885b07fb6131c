"""Row 10: make undeploy leaves nothing, and may be run again."""

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.leftovers import left
from tests.e2e.pods import runner_pod, terms
from tests.e2e.steps import say

pytestmark = pytest.mark.e2e


def test_nothing_is_left(installed: Cluster, runner: str) -> None:
    """No webhook, no cluster role, no DomainMapping, no claim, no namespace; pods are created as if it never was."""
    for again in ("", ", again"):
        say(f"make undeploy{again}")
        installed.make("undeploy")
        assert left(installed) == []
    assert terms(installed.create(runner_pod(runner, bound=False))) == []
