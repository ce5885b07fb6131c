"""A webhook as the API server calls it: over TLS, through the front, or not at all."""

import base64
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.controlplane.client import Json
from tests.controlplane.fronts import TlsFront
from tests.controlplane.nodes import Nodes
from tests.controlplane.webhooks import Webhook, Webhooks
from tests.controlplane.workloads import Pods, preferred_node, runner_pod
from tests.support.ports import free_port

pytestmark = pytest.mark.controlplane
Front = Callable[[int], TlsFront]
Installer = Callable[[str], Webhook]


class _Prefer(BaseHTTPRequestHandler):
    """Answers every review with a preference for node-2."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait 40 ms for an ACK

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        patch = [{"op": "add", "path": "/spec/affinity", "value": preferred_node("node-2")}]
        answer = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch"}
        answer["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: the test tells what matters."""


@pytest.fixture
def mutator() -> Iterator[int]:
    """Serve `_Prefer` over plain HTTP and yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Prefer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _terms(pod: Json) -> object:
    return pod["spec"]["affinity"]


def test_the_api_server_calls_a_webhook_behind_the_front(
    mutator: int, tls_front: Front, install_webhook: Installer, nodes: Nodes, pods: Pods
) -> None:
    """The patch of a plain HTTP server reaches the pod, and the scheduler heeds it."""
    nodes.add(3)
    install_webhook(tls_front(mutator).url)

    created = pods.create(runner_pod())

    assert _terms(created) == preferred_node("node-2")
    assert pods.wait_bound(created["metadata"]["name"]) == "node-2"


@pytest.mark.parametrize("front", [True, False], ids=["behind the front", "and the front too"])
def test_a_webhook_that_is_down_lets_the_pod_through(
    front: bool, tls_front: Front, install_webhook: Installer, pods: Pods
) -> None:
    """With failurePolicy Ignore the pod is created as it was sent."""
    nobody = free_port()
    install_webhook(tls_front(nobody).url if front else f"https://127.0.0.1:{nobody}")

    assert _terms(pods.create(runner_pod())) == {}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"metadata": {"labels": {"runner.gitlab.com/pause-pod": "true"}}}, id="pause pod"),
        pytest.param({"metadata": {"labels": {"app": "web"}}}, id="no runner label"),
        pytest.param({"spec": {"nodeName": "node-1"}}, id="bound already"),
    ],
)
def test_pods_that_are_none_of_its_business_do_not_reach_the_webhook(
    change: Json, mutator: int, tls_front: Front, install_webhook: Installer, pods: Pods
) -> None:
    """The selector and the match conditions leave them out."""
    install_webhook(tls_front(mutator).url)
    pod = runner_pod()
    for part, fields in change.items():
        pod[part] |= fields

    assert _terms(pods.create(pod, dry_run=True)) == {}


def test_a_webhook_that_never_matches_fails_the_installation(
    webhooks: Webhooks, namespace: str, mutator: int, tls_front: Front
) -> None:
    """The wait ends with what was asked for."""
    webhook = Webhook(namespace, tls_front(mutator).url, namespace, object_selector={"matchLabels": {"no": "pod"}})

    with pytest.raises(TimeoutError, match="Not within 1 s: the API server calls Webhook"):
        webhooks.install(webhook, runner_pod(), seconds=1)
