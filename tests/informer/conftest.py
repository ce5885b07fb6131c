"""What the informer's tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controlplane.cluster import ControlPlane
from tests.informer.processes import InformerProcess
from tests.informer.sink import Sink

StartInformer = Callable[..., InformerProcess]


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A sink that takes everything until it is told otherwise."""
    running = Sink()
    yield running
    running.down()


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
