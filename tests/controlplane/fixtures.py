"""The fixtures; README.md beside this file shows how to use them."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controlplane.cache import cache_folder
from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fronts import TlsFront
from tests.controlplane.namespaces import create_namespace, delete_namespace
from tests.controlplane.nodes import Nodes
from tests.controlplane.options import Options
from tests.controlplane.programs import Programs
from tests.controlplane.webhooks import Webhook, Webhooks
from tests.controlplane.workloads import Pods, runner_pod


@pytest.fixture(scope="session")
def programs() -> Programs:
    """Find the built programs."""
    return Programs.of(cache_folder(os.environ), os.environ)


@pytest.fixture(scope="session")
def controlplane(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Start one control plane for the whole session; a test that harms it uses `new_controlplane`."""
    with ControlPlane(programs, tmp_path_factory.mktemp("controlplane")) as running:
        yield running


@pytest.fixture
def new_controlplane(
    programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Options], ControlPlane]]:
    """Start control planes of the test's own."""
    with ExitStack() as stack:
        yield lambda options: stack.enter_context(
            ControlPlane(programs, tmp_path_factory.mktemp("controlplane"), options)
        )


@pytest.fixture
def kube(controlplane: ControlPlane) -> Kube:
    """Talk to the API server as an administrator."""
    return controlplane.kube


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """Make a namespace of the test's own, and yield its name."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    create_namespace(kube, name)
    yield name
    delete_namespace(kube, name)


@pytest.fixture
def nodes(kube: Kube) -> Iterator[Nodes]:
    """Make nodes; the test starts without any, and its own go after it."""
    made = Nodes(kube)
    yield made
    made.delete_all()


@pytest.fixture
def pods(kube: Kube, namespace: str) -> Pods:
    """Make pods in `namespace`."""
    return Pods(kube, namespace)


@pytest.fixture
def tls_front(controlplane: ControlPlane, tmp_path: Path) -> Iterator[Callable[[int], TlsFront]]:
    """Start TLS fronts for HTTP servers on loopback, by port."""
    with ExitStack() as stack:

        def start(target: int) -> TlsFront:
            front = TlsFront(controlplane.authority, target, tmp_path)
            stack.callback(front.process.kill)
            front.process.start()
            return front

        yield start


@pytest.fixture
def webhooks(controlplane: ControlPlane) -> Iterator[Webhooks]:
    """Install webhooks (`Webhooks.install`); they go after the test."""
    installed = Webhooks(controlplane.kube, controlplane.authority.certificate)
    yield installed
    installed.remove_all()


@pytest.fixture
def install_webhook(webhooks: Webhooks, namespace: str) -> Callable[[str], Webhook]:
    """Install the usual webhook for runner pods of `namespace`, by its https URL."""

    def install(url: str) -> Webhook:
        webhook = Webhook(namespace, url, namespace)
        webhooks.install(webhook, runner_pod())
        return webhook

    return install
