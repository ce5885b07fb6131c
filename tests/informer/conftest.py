"""What the informer's tests share."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.nodes import Nodes
from tests.controlplane.workloads import Pods
from tests.informer.cluster import Jobs, LeaseInCluster
from tests.informer.deliveries import Sender
from tests.informer.processes import InformerProcess
from tests.informer.sink import Sink

StartInformer = Callable[..., InformerProcess]
NewSender = Callable[..., Sender]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put back what an entry point that is called in the test's own process does on signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A sink that takes everything until it is told otherwise."""
    running = Sink()
    yield running
    running.down()


@pytest.fixture
def jobs(nodes: Nodes, pods: Pods) -> Jobs:
    """Jobs in a namespace of the test's own, and three nodes for them."""
    nodes.add(3)
    return Jobs(pods)


@pytest.fixture
def lease(kube: Kube, namespace: str) -> LeaseInCluster:
    """The Lease of the informers that the test starts."""
    return LeaseInCluster(kube, namespace)


@pytest.fixture
def start_informer(controlplane: ControlPlane, namespace: str, sink: Sink, tmp_path: Path) -> Iterator[StartInformer]:
    """Start informers as processes, with a Lease in `namespace`."""
    kubeconfig = controlplane.kubeconfig()
    with ExitStack() as stack:

        def start(identity: str = "one", **settings: str) -> InformerProcess:
            log = tmp_path / f"informer-{identity}.log"
            informer = InformerProcess(kubeconfig, sink.url, f"{namespace}/informer", log, identity, **settings)
            stack.callback(informer.kill)
            informer.start()
            return informer

        yield start


@pytest.fixture
def new_sender(sink: Sink) -> Iterator[NewSender]:
    """Make deliveries to the sink; their threads end with the test."""
    with ExitStack() as stack:

        def make(lanes: int = 1, *, batch: bool = True, **most: int) -> Sender:
            sender = Sender(sink.url, lanes, batch=batch, **most)
            stack.callback(sender.halt.set)
            stack.callback(sender.delivery.close)
            return sender

        yield make
