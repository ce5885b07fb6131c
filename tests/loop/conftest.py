"""The parts of Hookrunner as processes, on a real API server: what the tests of the whole share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fronts import TlsFront
from tests.controlplane.webhooks import Webhook
from tests.informer.cluster import LeaseInCluster
from tests.informer.processes import InformerProcess
from tests.loop.history import History
from tests.support.functions import RUNTIMES, FunctionProcess, run_function

StartFunction = Callable[..., FunctionProcess]


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    """Each runtime in turn."""
    return str(request.param)


@pytest.fixture
def history(kube: object, namespace: str) -> History:
    """The ConfigMap of the test's own namespace; it is there, and empty."""
    found = History(kube, namespace)
    found.create({})
    return found


@pytest.fixture
def start(controlplane: ControlPlane, history: History) -> Iterator[StartFunction]:
    """What starts functions over `history`, by runtime, target and further settings."""
    with ExitStack() as stack:

        def start_one(runtime: str, target: str, **settings: str) -> FunctionProcess:
            environ = {"HOOKRUNNER_HISTORY": history.setting, "KUBECONFIG": str(controlplane.kubeconfig())}
            return stack.enter_context(run_function(runtime, target, {**environ, **settings}))

        yield start_one


@pytest.fixture
def mutate(
    start: StartFunction, runtime: str, tls_front: Callable[[int], TlsFront], install_webhook: Callable[[str], Webhook]
) -> FunctionProcess:
    """`mutate` behind TLS, called by the API server for runner pods of the test's namespace."""
    process = start(runtime, "mutate")
    install_webhook(tls_front(process.port).url)
    return process


@pytest.fixture
def loop(
    controlplane: ControlPlane,
    kube: Kube,
    namespace: str,
    mutate: FunctionProcess,
    start: StartFunction,
    runtime: str,
    tmp_path: Path,
) -> Iterator[FunctionProcess]:
    """`mutate`, `record` and the informer, which follows pods and nodes; yields `mutate`."""
    record = start(runtime, "record")
    lease = f"{namespace}/informer"
    informer = InformerProcess(controlplane.kubeconfig(), record.url, lease, tmp_path / "informer.log")
    informer.start()
    for resource in ("pods", "nodes"):
        LeaseInCluster(kube, namespace).wait_position(resource)
    yield mutate
    informer.kill()
