"""Listing and watching, against an API server that follows a script."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from function.access import access
from function.errors import ApiDenied, ApiError, ApiGone, ApiUnavailable
from function.kubeapi import KubeApi
from informer import watch as module
from informer.backoff import Backoff
from informer.watch import Resource, changes, forever, pods
from informer.wire import Pod
from tests.informer.scripted import Json, Reply, ScriptedApi, bookmark, failure, line, page, watch

PODS = pods("gitlab.com/runner-id")
SELECTOR = {"labelSelector": "gitlab.com/runner-id,!runner.gitlab.com/pause-pod", "fieldSelector": "spec.nodeName!="}
WATCH = {**SELECTOR, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": "30"}
GONE_IN_STREAM = line("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
OVERLOADED_IN_STREAM = line("ERROR", {"kind": "Status", "code": 500, "message": "etcd is slow"})

StartApi = Callable[..., tuple[KubeApi, ScriptedApi]]


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[StartApi]:
    """Start a scripted API server, and a client of it."""
    running: list[ScriptedApi] = []

    def start(*replies: Reply) -> tuple[KubeApi, ScriptedApi]:
        running.append(api := ScriptedApi(*replies))
        return KubeApi(access(api.kubeconfig(tmp_path), {})), api

    yield start
    for api in running:
        api.close()


def pod(name: str, version: str) -> Json:
    """A pod as the API server has it, as far as it matters here."""
    return {"metadata": {"name": name, "resourceVersion": version}, "spec": {"nodeName": "node-1"}}


def summary(seen: module.Seen[Pod]) -> tuple[str | None, str, str]:
    """A sight in short: name, position, kind."""
    return (seen.object.metadata.name if seen.object else None, seen.position, seen.kind)


def all_of(api: KubeApi, resource: Resource[Pod], position: str) -> list[tuple[str | None, str, str]]:
    """Everything that `changes` gives, in short."""
    return [summary(seen) for seen in changes(api, resource, position)]


def test_a_list_comes_in_pages_and_then_a_watch(scripted: StartApi) -> None:
    """Items have no position: the list has one, at its end, where the watch begins."""
    api, server = scripted(
        page([pod("a", "5"), pod("b", "6")], "9", more="token"),
        page([pod("c", "7")], "9"),
        watch(line("ADDED", pod("d", "10")), line("DELETED", pod("a", "12")), bookmark("20")),
    )

    found = all_of(api, PODS, "")

    assert found == [
        ("a", "", "LISTED"),
        ("b", "", "LISTED"),
        ("c", "", "LISTED"),
        (None, "9", "LISTED"),
        ("d", "10", "ADDED"),
        ("a", "12", "DELETED"),
        (None, "20", "BOOKMARK"),
    ]
    assert server.queries == [
        {**SELECTOR, "limit": "250"},
        {**SELECTOR, "limit": "250", "continue": "token"},
        {**WATCH, "resourceVersion": "9"},
    ]


def test_a_known_position_is_watched_from_without_a_list(scripted: StartApi) -> None:
    """Nothing is listed that was delivered already."""
    api, server = scripted(watch(line("MODIFIED", pod("a", "31"))))

    assert all_of(api, PODS, "30") == [("a", "31", "MODIFIED")]
    assert server.queries == [{**WATCH, "resourceVersion": "30"}]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(failure(410), ApiGone, id="410 as the answer"),
        pytest.param(watch(GONE_IN_STREAM), ApiGone, id="410 in the stream"),
        pytest.param(watch(OVERLOADED_IN_STREAM), ApiUnavailable, id="500 in the stream"),
        pytest.param(failure(403), ApiDenied, id="403"),
        pytest.param(watch(), ApiUnavailable, id="ends without a word"),
        pytest.param(watch(pod("a", "31"), end="cut"), ApiUnavailable, id="cut in the middle of an event"),
        pytest.param(watch({"type": 5}), ApiUnavailable, id="no line of a watch"),
    ],
)
def test_trouble_is_one_of_our_errors(reply: Reply, error: type[ApiError], scripted: StartApi) -> None:
    """Whatever ends a watch early is an ApiError, never the client's own."""
    api, _ = scripted(reply)

    with pytest.raises(error):
        all_of(api, PODS, "30")


def test_a_watch_that_is_silent_is_noticed(scripted: StartApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-open: nobody closed the connection, and nothing comes any more."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.2)
    api, _ = scripted(watch(end="silent"))

    with pytest.raises(ApiUnavailable):
        all_of(api, PODS, "30")


def test_it_goes_on_where_it_was_cut(scripted: StartApi) -> None:
    """A watch is resumed after the last whole event; the position is checked first, as the server may be another."""
    api, server = scripted(
        page([], "30"),
        watch(line("ADDED", pod("a", "31")), line("ADDED", pod("b", "32")), end="cut"),
        page([], "33"),
        watch(line("ADDED", pod("b", "32"))),
    )
    gaps: list[int] = []

    sights = forever(api, PODS, "30", Backoff(threading.Event(), lambda: 0.0), lambda: gaps.append(1))

    assert [summary(seen) for seen in islice(sights, 2)] == [("a", "31", "ADDED"), ("b", "32", "ADDED")]
    assert [query.get("resourceVersion") for query in server.queries] == [None, "30", None, "31"]
    assert not gaps


@pytest.mark.parametrize(
    "first",
    [
        pytest.param((page([], "31"), failure(410)), id="too old"),
        pytest.param((page([], "29"),), id="ahead of a server that was set back"),
        pytest.param((page([], "one"),), id="not to be compared with what the server says"),
    ],
)
def test_a_position_that_is_of_no_use_is_a_gap(first: tuple[Reply, ...], scripted: StartApi) -> None:
    """Then all is listed again, and the gap is told."""
    api, _ = scripted(*first, page([pod("a", "5")], "40"), watch(bookmark("41")))
    gaps: list[int] = []

    sights = forever(api, PODS, "30", Backoff(threading.Event(), lambda: 0.0), lambda: gaps.append(1))

    assert [summary(seen) for seen in islice(sights, 3)] == [
        ("a", "", "LISTED"),
        (None, "40", "LISTED"),
        (None, "41", "BOOKMARK"),
    ]
    assert gaps == [1]


def test_a_list_that_expires_begins_anew(scripted: StartApi) -> None:
    """A page token that is too old is no gap: nothing was passed over."""
    api, _ = scripted(page([pod("a", "5")], "9", more="token"), failure(410), page([pod("a", "5")], "11"))
    gaps: list[int] = []

    sights = forever(api, PODS, "", Backoff(threading.Event(), lambda: 0.0), lambda: gaps.append(1))

    assert [summary(seen) for seen in islice(sights, 3)] == [
        ("a", "", "LISTED"),
        ("a", "", "LISTED"),
        (None, "11", "LISTED"),
    ]
    assert not gaps


def test_it_ends_when_it_is_told_to(scripted: StartApi) -> None:
    """What comes after that is not read."""
    api, _ = scripted(page([pod("a", "5"), pod("b", "6")], "9"))
    stop = threading.Event()

    sights = forever(api, PODS, "", Backoff(stop), lambda: None)
    first = next(sights)
    stop.set()

    assert (summary(first), list(sights)) == (("a", "", "LISTED"), [])
