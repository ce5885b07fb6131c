"""What the end-to-end tests share: a cluster, an installation in it, and a namespace of CI jobs."""

import os
import re
import uuid
from collections.abc import Generator, Iterator

import pytest

from tests.e2e import inside, pods
from tests.e2e.cluster import ROOT, Cluster
from tests.e2e.gather import gather
from tests.e2e.settings import settings_from
from tests.e2e.steps import say

_CLUSTER = Cluster(settings_from(os.environ))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that the environment names."""
    return _CLUSTER


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with Hookrunner in it, by the README's commands, and with a namespace that takes part."""
    say("make deploy")
    cluster.make("deploy")
    _namespace(cluster)
    inside.prepare(cluster, pods.CI)
    yield cluster
    say("the tests' own namespaces go")
    cluster.kubectl("delete", "namespace", pods.CI, inside.NAMESPACE, "--ignore-not-found", "--timeout=600s")


@pytest.fixture
def runner() -> str:
    """A runner's id that no other test has."""
    return f"e2e-{uuid.uuid4().hex[:8]}"


@pytest.fixture(autouse=True)
def _tidy(cluster: Cluster) -> Iterator[None]:
    yield
    if cluster.kubectl("get", "namespace", pods.CI, "--ignore-not-found"):
        pods.clear(cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gathers what was seen when a test fails."""
    report = yield
    if report.failed:
        say(f"FAILED {item.name} ({call.when})")
        gather(_CLUSTER, item.name)
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Says which test begins, by the first line of its docstring."""
    text = getattr(item, "function", item).__doc__ or item.name
    say(text.splitlines()[0])


def _namespace(cluster: Cluster) -> None:
    """A namespace of CI jobs, opted in by the very command of the README."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": pods.CI, "labels": labels}})
    (label,) = re.findall(r"^\$ kubectl label namespace ci (\S+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    cluster.kubectl("label", "namespace", pods.CI, label)
