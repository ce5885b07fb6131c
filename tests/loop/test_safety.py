"""Whatever is wrong, the job's pod is created: the webhook away, slow or confused, the history hostile."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.controlplane.client import Json
from tests.controlplane.fronts import TlsFront
from tests.controlplane.nodes import Nodes
from tests.controlplane.webhooks import Webhook, Webhooks
from tests.controlplane.workloads import Pods, preferred_node, runner_pod
from tests.loop.conftest import StartFunction
from tests.loop.history import PREFERRED, History, sees, term, terms
from tests.support.functions import FunctionProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.controlplane

Install = Callable[[str], Webhook]
Front = Callable[[int], TlsFront]

TIME = "2099-11-24T08:00:00Z"
HOSTILE: dict[str, Mapping[str, str]] = {
    "a name with a slash": {"41": "../node", "_warm.41": json.dumps({"a/b": TIME})},
    "a name that is too long": {"41": "n" * 300},
    "capitals": {"41": "Node-1"},
    "an empty name": {"41": "", "_warm.41": json.dumps({"": TIME})},
    "a label selector": {"41": "a in (b)"},
    "text that was cut": {"_warm.41": '{"node-1":"2026-11-'},
    "a list": {"_warm.41": '["node-1"]'},
    "a time that is a number": {"_warm.41": '{"node-1":5}'},
    "null": {"_warm.41": "null"},
    "NaN": {"_warm.41": '{"node-1":NaN}'},
    "deeply nested": {"_warm.41": "[" * 100_000},
    "binary": {"_warm.41": "\u0000\u001f\ud7ff"},
    "a broken list of removed nodes": {"41": "node-1", "_removed": "["},
    "a node that does not exist": {"41": "no-such-node"},
}


def zone_term(weight: int) -> Json:
    """A preferred term as a person writes it."""
    return {"weight": weight, "preference": {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}}


AFFINITIES: dict[str, Json] = {
    "none": {},
    "an empty node affinity": {"nodeAffinity": {}},
    "no preferred terms": {"nodeAffinity": {PREFERRED: None}},
    "a preferred term": preferred_node("node-2", 30),
    "fifty preferred terms": {"nodeAffinity": {PREFERRED: [zone_term(weight) for weight in range(1, 51)]}},
    "a required term": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}]
            }
        }
    },
    "pod affinity and anti-affinity": {
        side: {
            PREFERRED: [
                {"weight": 5, "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}}
            ]
        }
        for side in ("podAffinity", "podAntiAffinity")
    },
}


class Rubbish(BaseHTTPRequestHandler):
    """Answers every review with `body` and `status`."""

    protocol_version = "HTTP/1.1"
    status = 200
    body = b""

    def do_POST(self) -> None:
        """Answers one review."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def rubbish() -> Iterator[Callable[[int, bytes], int]]:
    """Starts servers that answer rubbish, and gives their ports."""
    servers: list[ThreadingHTTPServer] = []

    def start_one(status: int, body: bytes) -> int:
        handler = type("Handler", (Rubbish,), {"status": status, "body": body})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start_one
    for server in servers:
        server.shutdown()
        server.server_close()


ANSWERS = {
    "500": (500, b"oh no"),
    "a page": (200, b"<html>login</html>"),
    "nothing": (200, b""),
    "another uid": (
        200,
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"x","allowed":true}}',
    ),
    "no response": (200, b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'),
}


@pytest.mark.parametrize(("status", "body"), ANSWERS.values(), ids=ANSWERS)
def test_a_webhook_that_answers_rubbish_stops_no_pod(
    rubbish: Callable[[int, bytes], int],
    tls_front: Front,
    install_webhook: Install,
    pods: Pods,
    status: int,
    body: bytes,
) -> None:
    """FailurePolicy Ignore: the pod is created as it was."""
    install_webhook(tls_front(rubbish(status, body)).url)

    assert terms(pods.create(runner_pod())) == []


def test_mutate_killed_or_hanging_stops_no_pod(
    mutate: FunctionProcess, history: History, pods: Pods, webhooks: Webhooks, namespace: str
) -> None:
    """Frozen, it is given up after timeoutSeconds; killed, at once."""
    history.edit({"41": "node-1"})
    wait_until(lambda: sees(pods, "41", "node-1"), "mutate prefers node-1")
    before = webhooks.calls(namespace)

    mutate.freeze()
    frozen = pods.create(runner_pod(runner="41"))
    mutate.thaw()
    wait_until(lambda: sees(pods, "41", "node-1"), "mutate answers again")
    mutate.kill()
    killed = pods.create(runner_pod(runner="41"))

    assert (terms(frozen), terms(killed), webhooks.calls(namespace) > before + 2) == ([], [], True)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_no_history_makes_a_pod_invalid(
    start: StartFunction, tls_front: Front, install_webhook: Install, history: History, pods: Pods, data: dict[str, str]
) -> None:
    """The API server takes each pod, and mutate still answers for the keys beside the hostile one."""
    history.edit({**data, "42": "node-2"})
    install_webhook(tls_front(start("functions-framework", "mutate").port).url)

    wait_until(lambda: sees(pods, "42", "node-2"), "mutate prefers node-2 for 42")

    assert pods.create(runner_pod(runner="41"))["metadata"]["labels"]["gitlab.com/runner-id"] == "41"


def test_a_history_of_ten_thousand_keys_is_served(
    start: StartFunction, tls_front: Front, install_webhook: Install, history: History, pods: Pods
) -> None:
    """As many keys as a ConfigMap holds."""
    history.edit({str(key): f"node-{key}" for key in range(10_000)})
    install_webhook(tls_front(start("functions-framework", "mutate").port).url)

    wait_until(lambda: sees(pods, "9999", "node-9999"), "mutate prefers node-9999 for 9999")


@pytest.mark.parametrize("affinity", AFFINITIES.values(), ids=AFFINITIES)
def test_a_pods_own_affinity_stays(
    start: StartFunction,
    tls_front: Front,
    install_webhook: Install,
    history: History,
    pods: Pods,
    affinity: dict[str, Any],
) -> None:
    """All of it is there, in its order, and our terms come last."""
    plain = pods.create(runner_pod(runner="41", affinity=affinity), dry_run=True)["spec"]["affinity"]
    history.edit({"41": "node-3"})
    install_webhook(tls_front(start("functions-framework", "mutate").port).url)
    wait_until(lambda: sees(pods, "41", "node-3"), "mutate prefers node-3")

    found = pods.create(runner_pod(runner="41", affinity=affinity))["spec"]["affinity"]

    node_affinity = {
        **plain.get("nodeAffinity", {}),
        PREFERRED: [*terms({"spec": {"affinity": plain}}), term("node-3")],
    }
    assert found == {**plain, "nodeAffinity": node_affinity}


def test_a_second_call_changes_nothing(
    start: StartFunction,
    tls_front: Front,
    webhooks: Webhooks,
    namespace: str,
    history: History,
    pods: Pods,
    nodes: Nodes,
) -> None:
    """Another webhook changes the pod after us, so the API server asks us again."""
    nodes.add(1)
    history.edit({"41": "node-1"})
    ours, other = (
        start("functions-framework", "mutate"),
        start("functions-framework", "mutate", HOOKRUNNER_TERM="hostname"),
    )
    for name, process in (("a-ours", ours), ("b-other", other)):
        webhook = Webhook(f"{name}-{namespace}", tls_front(process.port).url, namespace)
        webhooks.install(webhook, runner_pod())
    wait_until(lambda: len(terms(pods.create(runner_pod(runner="41"), dry_run=True))) == 2, "both have the history")
    before = webhooks.calls(f"a-ours-{namespace}")

    pod = pods.create(runner_pod(runner="41"))

    hostname = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}
    assert terms(pod) == [term("node-1"), {"weight": 100, "preference": {"matchExpressions": [hostname]}}]
    assert webhooks.calls(f"a-ours-{namespace}") == before + 2


def secret_volume(pod: Json) -> Json:
    """The pod with a Secret in the place of its cache."""
    [volume] = [found for found in pod["spec"]["volumes"] if found["name"].startswith("runner-cache")]
    del volume["hostPath"]
    volume["secret"] = {"secretName": "runner-cache-token"}
    return pod


def on_a_node(pod: Json) -> Json:
    """The pod with a node of its own choice."""
    pod["spec"]["nodeName"] = "node-9"
    return pod


def without_runner(pod: Json) -> Json:
    """The pod without the runner's label."""
    del pod["metadata"]["labels"]["gitlab.com/runner-id"]
    return pod


LEFT_ALONE = {
    "no runner label": without_runner(runner_pod()),
    "an empty label": runner_pod(runner=""),
    "a label with a dot": runner_pod(runner="41.2"),
    "no cache volume": runner_pod(volume=None),
    "a volume that is no cache": runner_pod(volume="my-runner-cache"),
    "a Secret named like a cache": secret_volume(runner_pod(volume="runner-cache-token")),
    "a pause pod": runner_pod(labels={"runner.gitlab.com/pause-pod": "true"}),
    "a node of its own choice": on_a_node(runner_pod()),
}


def test_what_is_no_job_with_a_cache_is_left_alone(
    start: StartFunction, tls_front: Front, webhooks: Webhooks, namespace: str, history: History, pods: Pods
) -> None:
    """The API server asks mutate about every pod here, and each of these comes back as it was."""
    history.edit({"41": "node-1", "41.2": "node-1"})
    url = tls_front(start("functions-framework", "mutate").port).url
    everything = Webhook(namespace, url, namespace, object_selector={}, match_conditions=())
    webhooks.install(everything, runner_pod())
    wait_until(lambda: sees(pods, "41", "node-1"), "mutate prefers node-1")
    before = webhooks.calls(namespace)

    found = {name: terms(pods.create(pod)) for name, pod in LEFT_ALONE.items()}

    assert found == {name: [] for name in LEFT_ALONE}
    assert webhooks.calls(namespace) == before + len(LEFT_ALONE)
