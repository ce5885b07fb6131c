"""The mirror of the ConfigMap: what a list and a watch make of it, and that it outlives whatever they bring."""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from function.errors import ApiDenied, ApiError, ApiGone, ApiUnavailable, SettingError
from function.kubeapi import Query
from function.metrics import Metrics
from function.settings import ConfigMapStore
from function.stores.mirror import Mirror, backoff_seconds

WHERE = ConfigMapStore("ci", "history")
PATH = "/api/v1/namespaces/ci/configmaps"
ONE = {"fieldSelector": "metadata.name=history"}


def listed(version: str, *data: Mapping[str, str] | None) -> bytes:
    """The answer to a list."""
    items = [{"metadata": {"resourceVersion": "1"}, "data": texts} for texts in data]
    return msgspec.json.encode({"metadata": {"resourceVersion": version}, "items": items})


def told(type_: str, version: str, data: Mapping[str, str] | None = None) -> bytes:
    """A line of a watch."""
    object_ = {"metadata": {"resourceVersion": version}, "data": data}
    return msgspec.json.encode({"type": type_, "object": object_})


def failed(code: int, message: str) -> bytes:
    """A watch's line that tells of an error."""
    status = {"kind": "Status", "code": code, "message": message}
    return msgspec.json.encode({"type": "ERROR", "object": status})


class Script:
    """An API server that plays what a test wrote: lists, and the lines of watches; an exception is raised."""

    def __init__(self, lists: Iterable[bytes | Exception], watches: Iterable[Iterable[bytes | Exception]] = ()) -> None:
        self._lists = iter(lists)
        self._watches = iter(watches)
        self.asked: list[str] = []
        """The resourceVersion that each watch began from."""

    def call(self, method: str, path: str, *, query: Query | None = None, **_others: Any) -> bytes:  # noqa: ANN401 - whatever a call has
        """A list."""
        assert (method, path, query) == ("GET", PATH, ONE)
        return played(next(self._lists))

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """A watch."""
        version = query["resourceVersion"]
        wanted = {**ONE, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": "240"}
        assert (path, {**query}, idle_seconds) == (PATH, {**wanted, "resourceVersion": version}, 90.0)
        self.asked.append(version)
        yield from map(played, next(self._watches))


def played(step: bytes | Exception) -> bytes:
    """A step of a script."""
    if isinstance(step, Exception):
        raise step
    return step


def follow(metrics: Metrics, api: Script, watches: int) -> Mirror:
    """A mirror that has had so many watches; what ends one is its loop's business, and left out here."""
    mirror = Mirror(lambda: api, WHERE, metrics)
    while len(api.asked) < watches:
        with contextlib.suppress(ApiError):
            mirror.follow_once(api)
    return mirror


def data_of(mirror: Mirror) -> Mapping[str, str] | None:
    """What the mirror's snapshot holds; None before there is one."""
    snapshot = mirror.snapshot()
    return None if snapshot is None else snapshot.data


FIRST = {"17": "node-1"}
SECOND = {"17": "node-2"}


@pytest.mark.parametrize(
    ("lists", "watches", "data", "asked"),
    [
        pytest.param([listed("5", FIRST)], [[]], FIRST, ["5"], id="a list"),
        pytest.param([listed("5")], [[]], {}, ["5"], id="a list without it"),
        pytest.param([listed("5", None)], [[]], {}, ["5"], id="it has no data"),
        pytest.param([listed("5")], [[told("ADDED", "6", FIRST)]], FIRST, ["5"], id="made"),
        pytest.param([listed("5", FIRST)], [[told("MODIFIED", "6", SECOND)]], SECOND, ["5"], id="changed"),
        pytest.param([listed("5", FIRST)], [[told("DELETED", "6", FIRST)]], {}, ["5"], id="deleted"),
        pytest.param(
            [listed("5", FIRST)],
            [[told("MODIFIED", "6", SECOND), told("BOOKMARK", "9")], []],
            SECOND,
            ["5", "9"],
            id="a bookmark moves on, and changes nothing",
        ),
        pytest.param(
            [listed("5", FIRST)],
            [[told("MODIFIED", "6", SECOND)], [told("MODIFIED", "7", FIRST)]],
            FIRST,
            ["5", "6"],
            id="a watch that ended goes on where it was",
        ),
        pytest.param(
            [listed("5", FIRST), listed("50", SECOND)],
            [[failed(410, "too old")], []],
            SECOND,
            ["5", "50"],
            id="410 as a line: listed again",
        ),
        pytest.param(
            [listed("5", FIRST), listed("50", SECOND)],
            [[ApiGone("GET: 410", 410)], []],
            SECOND,
            ["5", "50"],
            id="410 as an answer: listed again",
        ),
        pytest.param(
            [listed("5", FIRST), listed("5", FIRST)],
            [[failed(500, "etcd is away")], [told("MODIFIED", "6", SECOND)]],
            SECOND,
            ["5", "5"],
            id="another error as a line: listed again",
        ),
        pytest.param(
            [listed("5", FIRST), listed("6", SECOND)],
            [[told("MODIFIED", "6", SECOND), b"<html>"], []],
            SECOND,
            ["5", "6"],
            id="a line that makes no sense",
        ),
        pytest.param(
            [listed("5", FIRST), listed("7", SECOND)],
            [[b'{"type":"MODIFIED","object":{"data":[]}}'], []],
            SECOND,
            ["5", "7"],
            id="an object that makes no sense",
        ),
        pytest.param(
            [listed("5", FIRST), ApiUnavailable("GET: no answer"), listed("6", SECOND)],
            [[told("MODIFIED", "6", SECOND), ApiUnavailable("GET: no answer")], []],
            SECOND,
            ["5", "6"],
            id="a lost watch leaves the last state in use",
        ),
        pytest.param(
            [listed("900", SECOND), listed("5", FIRST)],
            [[ApiUnavailable("GET: nothing came for 90 s")], []],
            FIRST,
            ["900", "5"],
            id="an API server that was set back: listed again after a silent watch",
        ),
        pytest.param(
            [ApiUnavailable("GET: 503", 503), listed("5", FIRST)], [[]], FIRST, ["5"], id="a list that works in the end"
        ),
        pytest.param([b"<html>", listed("5", FIRST)], [[]], FIRST, ["5"], id="a list that makes no sense"),
    ],
)
def test_follow(
    metrics: Metrics,
    lists: list[bytes | Exception],
    watches: list[list[bytes | Exception]],
    data: dict[str, str],
    asked: list[str],
) -> None:
    """The snapshot after a script, and from where each watch began."""
    api = Script(lists, watches)
    mirror = follow(metrics, api, len(watches))
    assert (data_of(mirror), api.asked) == (data, asked)


@pytest.mark.parametrize(
    ("lists", "error"),
    [
        pytest.param([ApiDenied("GET: 403", 403)], ApiDenied, id="a list that is denied"),
        pytest.param([b"[]"], ApiUnavailable, id="a list that makes no sense"),
        pytest.param([b'{"items":[{"data":{"a":"\xff"}}]}'], ApiUnavailable, id="a list that is no UTF-8"),
        pytest.param([b'{"x":' + b"[" * 3000], ApiUnavailable, id="a list that is nested too deep"),
    ],
)
def test_list_fails(metrics: Metrics, lists: list[bytes | Exception], error: type[ApiError]) -> None:
    """Without a first list there is no snapshot, and the error is the caller's."""
    api = Script(lists)
    mirror = Mirror(lambda: api, WHERE, metrics)
    with pytest.raises(error):
        mirror.follow_once(api)
    assert data_of(mirror) is None


def test_metrics(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Each version seen is counted, and a watch that stands is told."""
    follow(metrics, Script([listed("5", FIRST)], [[told("MODIFIED", "6", SECOND), told("BOOKMARK", "7")]]), 1)
    assert registry.get_sample_value("hookrunner_mirror_updates_total") == 2
    assert registry.get_sample_value("hookrunner_mirror_connected") == 1


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


WAITS = "the first list of the history's ConfigMap"


def test_ready_after_ten_seconds_without_a_list(metrics: Metrics) -> None:
    """Jobs come first: after ten seconds without a list, mutate is ready without a history."""
    clock = Clock()
    mirror = Mirror(lambda: Script([]), WHERE, metrics, monotonic=clock)
    seen = []
    for clock.now in (1000.0, 1009.9, 1010.0):
        seen.append(mirror.ready())
    assert seen == [WAITS, WAITS, None]
    assert data_of(mirror) is None


class Endless(Script):
    """Plays a script, then keeps the last watch open until it is let go."""

    def __init__(self, lists: Iterable[bytes | Exception], watches: Iterable[Iterable[bytes | Exception]]) -> None:
        super().__init__(lists, watches)
        self.is_waiting = threading.Event()
        self.let_go = threading.Event()

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """A watch; the last one waits."""
        try:
            yield from super().lines(path, query, idle_seconds)
        except RuntimeError:  # the script has no more watches
            self.is_waiting.set()
            self.let_go.wait(20)


def test_thread_outlives_everything(
    metrics: Metrics, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it meets, the mirror's thread goes on: no way to the API server, denied, a bug, cut off."""
    api = Endless(
        [ApiDenied("GET: 403", 403), listed("5", FIRST), listed("6", SECOND)],
        [[ZeroDivisionError()], [told("MODIFIED", "6", SECOND), ApiUnavailable("GET: no answer")]],
    )
    ways: Iterator[Script | Exception] = iter([SettingError("no kubeconfig"), api, api, api, api])

    def way() -> Script:
        found = next(ways)
        if isinstance(found, Exception):
            raise found
        return found

    mirror = Mirror(way, WHERE, metrics)
    assert mirror.ready() == WAITS
    mirror.start()
    assert api.is_waiting.wait(20)
    assert mirror.ready() is None
    assert data_of(mirror) == SECOND
    assert registry.get_sample_value("hookrunner_mirror_lost_total") == 4
    assert registry.get_sample_value("hookrunner_mirror_connected") == 1
    mirror.stop()
    api.let_go.set()
    told_of = [(record.getMessage().rpartition(": ")[2], bool(record.exc_info)) for record in caplog.records]
    assert told_of == [("no kubeconfig", False), ("403", False), ("", True), ("no answer", False)]


def test_stop_ends_a_watch(metrics: Metrics) -> None:
    """Once it is stopped, a mirror leaves its watch at the next line."""
    api = Script([listed("5", FIRST)], [[told("MODIFIED", "6", SECOND), told("MODIFIED", "7", FIRST)]])
    mirror = Mirror(lambda: api, WHERE, metrics)
    mirror.stop()
    mirror.follow_once(api)
    assert data_of(mirror) == SECOND


@pytest.mark.parametrize(("failures", "longest"), [(0, 0.05), (1, 0.1), (3, 0.4), (7, 5.0), (10_000, 5.0)], ids=str)
def test_backoff(failures: int, longest: float) -> None:
    """Waits grow to a bound, and never end the thread, however often it failed."""
    waits = [backoff_seconds(failures) for _ in range(100)]
    assert min(waits) >= 0.05
    assert max(waits) <= longest
    assert longest == 0.05 or max(waits) > min(waits)
