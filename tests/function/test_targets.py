"""From an environ mapping to a function: what stops the start, and what each target is made of."""

import json
from pathlib import Path

import pytest

from function.http import Message, Response
from function.targets import check, service_for

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "dev.hookrunner.pod.bound.v1",
    "data": {"key": "17", "node": "node-3", "boundAt": "2026-11-24T08:00:00Z"},
}
STRUCTURED = [(b"content-type", b"application/cloudevents+json")]
IN_CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        pytest.param(IN_CLUSTER, "mutate", id="in a cluster, nothing set"),
        pytest.param({**IN_CLUSTER, "FUNCTION_TARGET": "record"}, "record", id="record in a cluster"),
        pytest.param({"KUBECONFIG": __file__}, "mutate", id="a kubeconfig"),
        pytest.param({"HOOKRUNNER_HISTORY": "memory:"}, "mutate", id="no cluster is needed"),
    ],
)
def test_check(environ: dict[str, str], target: str) -> None:
    """What is right says which function it is for."""
    assert check(environ) == target


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        pytest.param(
            {"FUNCTION_TARGET": "scaler"},
            "FUNCTION_TARGET='scaler' is not valid: it must be one of mutate, record, hook",
            id="an unknown target",
        ),
        pytest.param(
            {"HOOKRUNNER_TERM": "both"},
            "HOOKRUNNER_TERM='both' is not valid: it must be field or hostname",
            id="a wrong value",
        ),
        pytest.param(
            {},
            "HOOKRUNNER_HISTORY names a ConfigMap, and there is no cluster: name a kubeconfig file in KUBECONFIG, "
            "or set HOOKRUNNER_HISTORY to file:<path> or memory:",
            id="a ConfigMap without a cluster",
        ),
        pytest.param(
            {
                "FUNCTION_TARGET": "record",
                "HOOKRUNNER_HISTORY": "memory:",
                "HOOKRUNNER_RECORD_SENDERS": "hookrunner/informer",
            },
            "HOOKRUNNER_RECORD_SENDERS names ServiceAccounts, and there is no cluster: name a kubeconfig file in "
            "KUBECONFIG, or leave it empty to take events from anyone",
            id="senders without a cluster",
        ),
        pytest.param(
            {"FUNCTION_TARGET": "hook"},
            "K_SINK='' is not valid: it must be the http or https URL that events are posted to",
            id="hook without a sink",
        ),
    ],
)
def test_check_ends_the_process(environ: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong ends the process with one line, and the status that the informer and the scaler have too."""
    with pytest.raises(SystemExit) as caught:
        check(environ)
    assert (caught.value.code, capsys.readouterr().err) == (2, f"hookrunner: {line}\n")


async def post(target: str, environ: dict[str, str], body: bytes) -> Response:
    """The answer of a target to one request."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    service = service_for(target, environ)
    service.start()
    assert service.waits_for() is None
    answer = await service.respond({"type": "http", "method": "POST", "path": "/", "headers": STRUCTURED}, receive)
    service.stop()
    return answer


async def test_record_and_mutate_over_a_file(tmp_path: Path) -> None:
    """What record keeps in a file, mutate places by."""
    environ = {"HOOKRUNNER_HISTORY": f"file:{tmp_path}/history.yaml", "HOOKRUNNER_MAX_AGE": "3650d"}
    assert await post("record", environ, json.dumps(EVENT).encode()) == Response(204)
    review = Path(__file__).parents[1].joinpath("data/reviews/runner-cache-hostpath.json").read_bytes()
    answer = await post(
        "mutate", environ, review.replace(b'"gitlab.com/runner-id":"41"', b'"gitlab.com/runner-id":"17"')
    )
    told = json.loads(answer.body)["response"]["auditAnnotations"]
    assert told == {"reason": "patched", "key": "17", "nodes": "node-3=100"}


async def test_memory() -> None:
    """In memory, record takes what it is sent; nobody else sees it."""
    assert await post("record", {"HOOKRUNNER_HISTORY": "memory:"}, json.dumps(EVENT).encode()) == Response(204)


def test_nothing_is_asked_at_the_start() -> None:
    """Over a ConfigMap, the client is made when it is needed first: here it never is."""
    service = service_for("record", {"HOOKRUNNER_HISTORY": "configmap:a/b"})
    service.start()
    assert service.waits_for() is None
    service.stop()


def test_mutate_waits_for_its_first_list() -> None:
    """Over a ConfigMap, mutate is not ready before it has seen it."""
    service = service_for("mutate", {"HOOKRUNNER_HISTORY": "configmap:a/b"})
    assert service.waits_for() == "the first list of the history's ConfigMap"
