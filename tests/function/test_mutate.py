"""What mutate decides for each kind of pod and request, and what it tells of it: answer, metric and log."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from function.http import Request
from function.metrics import Metrics
from function.mutate import Mutate
from function.settings import settings_from
from function.snapshot import Snapshot
from tests.support import reviews
from tests.support.reviews import Case, field_term, hostname_term

PLAIN = json.loads(Case("runner-cache-hostpath", "patched", "41").body())
LABEL = "gitlab.com/runner-id"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

Edit = Callable[[Any], None]
"""Changes a review's `request`."""


def label(**labels: str) -> Edit:
    """Sets labels; `runner` is the runner's."""
    return lambda request: request["object"]["metadata"]["labels"].update(
        {LABEL if name == "runner" else name: value for name, value in labels.items()}
    )


def metadata(name: str, value: Any) -> Edit:  # noqa: ANN401 - any JSON value
    """Sets a member of the pod's metadata."""
    return lambda request: request["object"]["metadata"].__setitem__(name, value)


def spec(name: str, value: Any) -> Edit:  # noqa: ANN401 - any JSON value
    """Sets a member of the pod's spec."""
    return lambda request: request["object"]["spec"].__setitem__(name, value)


def volumes(*found: Any) -> Edit:  # noqa: ANN401 - any JSON value
    """Sets the pod's volumes."""
    return spec("volumes", list(found))


def member(name: str, value: Any) -> Edit:  # noqa: ANN401 - any JSON value
    """Sets a member of the request."""
    return lambda request: request.__setitem__(name, value)


def body(*edits: Edit) -> bytes:
    """The plain review, changed."""
    review = json.loads(json.dumps(PLAIN))
    for edit in edits:
        edit(review["request"])
    return json.dumps(review).encode()


async def respond(mutate: Mutate, data: bytes) -> reviews.Json:
    """The answer to one body."""
    answer: reviews.Json = json.loads((await mutate(Request("POST", "/", [], data))).body)
    return answer


def make(metrics: Metrics, data: dict[str, str], **environ: str) -> Mutate:
    """The function with this history."""
    snapshot = Snapshot(data)
    return Mutate(settings_from(environ).placement, lambda: snapshot, metrics, clock=lambda: reviews.NOW)


REASONS = [
    pytest.param([], "patched", id="plain"),
    pytest.param([metadata("labels", {})], "no-runner-label", id="no labels"),
    pytest.param([metadata("labels", None)], "no-runner-label", id="labels are null"),
    pytest.param([label(runner="")], "no-key", id="an empty label"),
    pytest.param([label(runner="4.1")], "no-key", id="a label with a dot"),
    pytest.param([label(runner="-41")], "no-key", id="a label that is no label's value"),
    pytest.param([label(runner="4711")], "no-warm-node", id="an unknown key"),
    pytest.param([metadata("annotations", {"kubernetes.io/config.mirror": "x"})], "mirror-pod", id="mirror pod"),
    pytest.param([label(**{"runner.gitlab.com/pause-pod": "true"})], "pause-pod", id="pause pod"),
    pytest.param([spec("nodeName", "node-1")], "node-chosen", id="nodeName"),
    pytest.param([spec("nodeName", "")], "patched", id="empty nodeName"),
    pytest.param([volumes()], "no-cache-volume", id="no volumes"),
    pytest.param([spec("volumes", None)], "no-cache-volume", id="volumes are null"),
    pytest.param([volumes({"name": "my-runner-cache", "emptyDir": {}})], "no-cache-volume", id="prefix inside"),
    pytest.param([volumes({"name": "runner-cache", "emptyDir": {}})], "patched", id="emptyDir"),
    pytest.param([volumes({"name": "runner-cache-go", "hostPath": {"path": "/c"}})], "patched", id="hostPath"),
    pytest.param([volumes({"name": "runner-cache", "persistentVolumeClaim": {}})], "patched", id="claim"),
    pytest.param([volumes({"name": "runner-cache-token", "secret": {}})], "no-cache-volume", id="Secret"),
    pytest.param([volumes({"name": "runner-cache-ca", "configMap": {}})], "no-cache-volume", id="ConfigMap"),
    pytest.param([volumes({"name": "runner-cache-ca", "projected": {}})], "no-cache-volume", id="projected"),
    pytest.param([volumes({"name": "runner-cache-ca", "downwardAPI": {}})], "no-cache-volume", id="downwardAPI"),
    pytest.param(
        [volumes({"name": "runner-cache-token", "secret": {}}, {"name": "runner-cache", "emptyDir": {}})],
        "patched",
        id="a Secret, and a cache",
    ),
    pytest.param([volumes({"name": "runner-cache", "secret": None, "emptyDir": {}})], "patched", id="null Secret"),
    pytest.param([member("object", None)], "unreadable-pod", id="object is null"),
    pytest.param([member("object", "x")], "unreadable-pod", id="object is text"),
    pytest.param([volumes("x")], "unreadable-pod", id="a volume is text"),
    pytest.param([label(runner="41"), metadata("labels", [])], "unreadable-pod", id="labels are a list"),
    pytest.param([metadata("labels", {LABEL: 41})], "unreadable-pod", id="a label is a number"),
    pytest.param([spec("affinity", [])], "unsafe-patch", id="affinity is a list"),
    pytest.param([spec("affinity", {"nodeAffinity": "x"})], "unsafe-patch", id="node affinity is text"),
    pytest.param(
        [spec("affinity", {"nodeAffinity": {PREFERRED: [field_term("node-9", 65)]}})],
        "already-preferred",
        id="reinvocation, with another history",
    ),
    pytest.param([member("operation", "UPDATE")], "not-a-create", id="UPDATE"),
    pytest.param([member("operation", "")], "not-a-create", id="no operation"),
    pytest.param([member("subResource", "status")], "subresource", id="subresource"),
    pytest.param([member("kind", {"group": "", "version": "v2", "kind": "Pod"})], "not-a-pod", id="another version"),
    pytest.param([member("kind", {"group": "x", "version": "v1", "kind": "Pod"})], "not-a-pod", id="another group"),
    pytest.param([member("kind", {})], "not-a-pod", id="no kind"),
]


@pytest.mark.parametrize(("edits", "reason"), REASONS)
async def test_reason(metrics: Metrics, registry: CollectorRegistry, edits: list[Edit], reason: str) -> None:
    """Each pod and request is allowed, patched or not, with the reason told and counted."""
    answer = await respond(make(metrics, reviews.HISTORY), body(*edits))
    assert answer["response"]["allowed"] is True
    assert answer["response"]["auditAnnotations"]["reason"] == reason
    assert (reviews.patch_of(answer) is not None) == (reason == "patched")
    assert registry.get_sample_value("hookrunner_reviews_total", {"reason": reason}) == 1
    assert registry.get_sample_value("hookrunner_review_duration_seconds_count") == 1


@pytest.mark.parametrize(
    ("environ", "data", "terms"),
    [
        pytest.param({}, {"41": "node-3"}, [field_term("node-3", 100)], id="a bare entry"),
        pytest.param(
            {"HOOKRUNNER_TERM": "hostname"}, {"41": "node-3"}, [hostname_term("node-3", 100)], id="hostname form"
        ),
        pytest.param(
            {"HOOKRUNNER_MAX_NODES": "2"},
            reviews.HISTORY,
            [field_term("node-7", 100), field_term("node-3", 95)],
            id="two nodes at most",
        ),
        pytest.param(
            {"HOOKRUNNER_WEIGHTS": "7"}, reviews.HISTORY, [field_term("node-7", 7)], id="as many nodes as weights"
        ),
        pytest.param(
            {"HOOKRUNNER_MAX_AGE": "90m"},
            reviews.HISTORY,
            [field_term("node-7", 100), field_term("node-5", 95)],
            id="what is too old is left out; an unknown age is not",
        ),
        pytest.param(
            {"HOOKRUNNER_KEY_LABELS": "gitlab.com/runner-id,project.runner.gitlab.com/id"},
            {"41.11": "node-3"},
            [field_term("node-3", 100)],
            id="a key of two labels",
        ),
        pytest.param(
            {},
            {
                "_warm.41": '{"node-9":"2026-11-24T09:00:00Z"}',
                "_removed": '{"node-9":"2026-11-24T09:30:00Z"}',
                "41": "a",
            },
            [field_term("a", 100)],
            id="a removed node is left out",
        ),
    ],
)
async def test_terms(metrics: Metrics, environ: dict[str, str], data: dict[str, str], terms: list[Any]) -> None:
    """The settings and the history make the terms."""
    pod = PLAIN["request"]["object"]
    answer = await respond(make(metrics, data, **environ), body())
    assert reviews.patched_pod(answer, pod) == reviews.with_terms(pod, terms)


async def test_audit_mode(metrics: Metrics) -> None:
    """In audit mode it is told what would have been done, and nothing is."""
    answer = await respond(make(metrics, reviews.HISTORY, HOOKRUNNER_MODE="audit"), body())
    assert answer["response"] == {
        "uid": PLAIN["request"]["uid"],
        "allowed": True,
        "auditAnnotations": {"reason": "audited", "key": "41", "nodes": "node-7=100,node-3=95,node-5=90"},
    }


async def test_burst(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Twenty pods of one runner, at once: each gets the patch, under its own uid."""
    mutate = make(metrics, reviews.HISTORY)
    answers = [await respond(mutate, body(member("uid", f"uid-{index}"))) for index in range(20)]
    first = answers[0]["response"]
    assert [answer["response"] for answer in answers] == [{**first, "uid": f"uid-{index}"} for index in range(20)]
    assert registry.get_sample_value("hookrunner_reviews_total", {"reason": "patched"}) == 20


async def test_ageing_while_it_runs(metrics: Metrics) -> None:
    """An answer that was right a second ago is not given on when a node has become too old."""
    times = iter(reviews.NOW + later for later in (0, 3600, 3601, 7201, 900_000))
    snapshot = Snapshot(reviews.HISTORY)
    settings = settings_from({"HOOKRUNNER_MAX_AGE": "3h"}).placement
    mutate = Mutate(settings, lambda: snapshot, metrics, clock=lambda: next(times))
    answers = [await respond(mutate, body()) for _ in range(5)]
    nodes = [answer["response"]["auditAnnotations"]["nodes"] for answer in answers]
    three, two, one = "node-7=100,node-3=95,node-5=90", "node-7=100,node-5=95", "node-5=100"
    assert nodes == [three, three, two, one, one]


async def test_new_history_new_answer(metrics: Metrics) -> None:
    """A new snapshot is used at once; what did not change in it is answered as before."""
    snapshot = Snapshot({"41": "node-1", "42": "node-2"})
    mutate = Mutate(settings_from({}).placement, lambda: snapshot, metrics, clock=lambda: reviews.NOW)
    seen = []
    for data in ({"41": "node-1"}, {"41": "node-1", "42": "node-9"}, {"41": "node-3"}, {}):
        snapshot = Snapshot(data, snapshot)
        seen.append((await respond(mutate, body()))["response"]["auditAnnotations"].get("nodes"))
    assert seen == ["node-1=100", "node-1=100", "node-3=100", None]


async def test_many_shapes_of_affinity(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    """More different pods than are kept prepared are all answered, again and again."""
    monkeypatch.setattr("function.mutate._MAX_PREPARED", 3)
    mutate = make(metrics, {"41": "node-1"})
    for index in [*range(5), *range(5)]:
        data = body(spec("affinity", {"podAffinity": {"x": index}}))
        pod = json.loads(data)["request"]["object"]
        patched = reviews.patched_pod(await respond(mutate, data), pod)
        assert patched == reviews.with_terms(pod, [field_term("node-1", 100)])


async def test_large_affinity(metrics: Metrics) -> None:
    """An affinity that is too long to be kept prepared is answered all the same, twice."""
    mutate = make(metrics, {"41": "node-1"})
    many = {"nodeAffinity": {PREFERRED: [hostname_term(f"other-{index}", 1) for index in range(50)]}}
    data = body(spec("affinity", many))
    pod = json.loads(data)["request"]["object"]
    expected = reviews.with_terms(pod, [field_term("node-1", 100)])
    assert [reviews.patched_pod(await respond(mutate, data), pod) for _ in range(2)] == [expected, expected]


async def test_exception_inside(
    metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever we got wrong: the pod is let through, it is logged once with its trace, and counted."""

    def broken() -> Snapshot:
        raise ZeroDivisionError

    answer = await respond(Mutate(settings_from({}).placement, broken, metrics), body())
    assert answer["response"] == {
        "uid": PLAIN["request"]["uid"],
        "allowed": True,
        "auditAnnotations": {"reason": "internal-error"},
    }
    assert registry.get_sample_value("hookrunner_reviews_total", {"reason": "internal-error"}) == 1
    (record,) = caplog.records
    assert (record.levelname, record.exc_info and record.exc_info[0]) == ("ERROR", ZeroDivisionError)


async def test_decision_log(metrics: Metrics, caplog: pytest.LogCaptureFixture) -> None:
    """At debug, one line for each decision, with all that is in the audit annotations."""
    with caplog.at_level(logging.DEBUG, "function.mutate"):
        await respond(make(metrics, {"41": "node-3"}), body())
    (record,) = caplog.records
    told = {name: vars(record)[name] for name in ("uid", "reason", "key", "nodes")}
    assert told == {"uid": PLAIN["request"]["uid"], "reason": "patched", "key": "41", "nodes": "node-3=100"}


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "DELETE", "HEAD"])
async def test_method(metrics: Metrics, method: str) -> None:
    """Anything but POST is 405, and says what is allowed."""
    response = await make(metrics, {})(Request(method, "/", []))
    assert (response.status, response.headers) == (405, ((b"allow", b"POST"),))
