"""Webhooks on the wire: which jobs, which answers are good, and when a hook rests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from tests.gitlab.clock import SimulatedClock
from tests.gitlab.deliveries import Deliveries, Hook
from tests.gitlab.instance import Instance
from tests.gitlab.model import Status


class Receiver(ThreadingHTTPServer):
    """Answers each POST with the next of `statuses` (the last one for ever) and keeps what came.

    With `hold` it does not answer until that is set.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = [200]
        self.got: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.hold: Event | None = None

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hold is not None:
            self.server.hold.wait()
        self.server.got.append(json.loads(body))
        self.server.keys.append(self.headers["Idempotency-Key"])
        statuses = self.server.statuses
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class calls it so
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen on loopback."""
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def clock() -> SimulatedClock:
    """Make the clock of `instance`."""
    return SimulatedClock()


@pytest.fixture
def instance(clock: SimulatedClock) -> Instance:
    """Make an instance with projects of two groups."""
    instance = Instance(clock)
    for path in ("platform", "platform-old"):
        instance.add_project("api", instance.add_group(path))
    return instance


def test_every_change_is_told(instance: Instance, receiver: Receiver) -> None:
    """A hook posts each status of the jobs that it covers, in order."""
    with Deliveries(instance, [Hook(receiver.url, path="platform")]) as deliveries:
        job = instance.add_job(instance.projects[1], status=Status.CREATED)
        instance.add_job(instance.projects[2])
        instance.move(job, Status.PENDING)
        instance.move(job, Status.RUNNING, runner=instance.add_runner())
        deliveries.wait()

    assert [(it["build_id"], it["build_status"]) for it in receiver.got] == [
        (1, "created"),
        (1, "pending"),
        (1, "running"),
    ]
    assert [it.status for it in deliveries.sent] == [200, 200, 200]
    assert len(set(receiver.keys)) == 3


@pytest.mark.parametrize(
    ("path", "projects"),
    [
        pytest.param("", [1, 2], id="instance"),
        pytest.param("platform", [1], id="group"),
        pytest.param("platform/api", [1], id="project"),
        pytest.param("platform/ap", [], id="no project"),
    ],
)
def test_what_a_hook_covers(instance: Instance, path: str, projects: list[int]) -> None:
    """A hook is for a project, a group with all below it, or everything."""
    hook = Hook("http://127.0.0.1:1/", path)

    assert [it.id for it in instance.projects.values() if hook.covers(instance.add_job(it))] == projects


@pytest.mark.parametrize(
    ("status", "failures"),
    [
        pytest.param(204, 0, id="no content"),
        pytest.param(302, 0, id="redirect, not followed"),
        pytest.param(400, 1, id="client error"),
        pytest.param(500, 1, id="server error"),
    ],
)
def test_what_is_a_success(instance: Instance, receiver: Receiver, status: int, failures: int) -> None:
    """2xx and 3xx are good, all else counts as a failure; either way it is sent once."""
    receiver.statuses = [status]
    hook = Hook(receiver.url)
    with Deliveries(instance, [hook]) as deliveries:
        instance.add_job(instance.projects[1])
        deliveries.wait()

    assert (len(receiver.got), hook.failures, deliveries.sent[0].status) == (1, failures, status)


def test_nobody_listens(instance: Instance) -> None:
    """No connection is a failure."""
    hook = Hook("http://127.0.0.1:1/")
    with Deliveries(instance, [hook]) as deliveries:
        instance.add_job(instance.projects[1])
        deliveries.wait()

    assert (hook.failures, deliveries.sent[0].status, deliveries.sent[0].error) == (
        1,
        None,
        "[Errno 111] Connection refused",
    )


@contextmanager
def _held(receiver: Receiver) -> Iterator[None]:
    receiver.hold = Event()
    yield
    receiver.hold.set()


def test_a_slow_receiver(instance: Instance, receiver: Receiver) -> None:
    """GitLab waits its time and no longer; that is a failure."""
    hook = Hook(receiver.url)
    with _held(receiver), Deliveries(instance, [hook], timeout=0.1) as deliveries:
        instance.add_job(instance.projects[1])
        deliveries.wait()
        assert (hook.failures, deliveries.sent[0].status, deliveries.sent[0].error) == (1, None, "timed out")


def test_a_request_is_sent_again(instance: Instance, receiver: Receiver) -> None:
    """It has the same Idempotency-Key and body."""
    with Deliveries(instance, [Hook(receiver.url)]) as deliveries:
        instance.add_job(instance.projects[1])
        deliveries.wait()
        deliveries.resend(deliveries.sent[0])
        deliveries.wait()

    assert len(receiver.got) == 2
    assert receiver.keys[0] == receiver.keys[1]
    assert receiver.got[0] == receiver.got[1]


def test_a_hook_that_fails_rests(instance: Instance, clock: SimulatedClock, receiver: Receiver) -> None:
    """After the fourth failure in a row nothing is sent for a minute, then for two; a success makes it whole."""
    receiver.statuses = [500, 500, 500, 500, 500, 200]
    hook, counts = Hook(receiver.url), []
    with Deliveries(instance, [hook]) as deliveries:
        for seconds in (0, 0, 0, 0, 0, 60, 1, 120, 1, 0):
            clock.advance(seconds)
            instance.add_job(instance.projects[1])
            deliveries.wait()
            counts.append((len(receiver.got), hook.failures))

    assert counts == [(1, 1), (2, 2), (3, 3), (4, 4), (4, 4), (4, 4), (5, 5), (5, 5), (6, 0), (7, 0)]


def test_a_rest_is_a_day_at_most(clock: SimulatedClock) -> None:
    """However often a hook failed, it rests no longer than a day."""
    hook = Hook("http://127.0.0.1:1/", failures=30)
    hook.note(success=False, now=clock())

    assert hook.rests_until - clock() == 86_400


def test_a_hook_that_always_fails_is_off(clock: SimulatedClock) -> None:
    """After the fortieth failure it is off for good."""
    hook = Hook("http://127.0.0.1:1/", failures=38)
    executable = []
    for _ in range(2):
        hook.note(success=False, now=clock())
        clock.advance(86_401)
        executable.append(hook.executable(clock()))

    assert executable == [True, False]
