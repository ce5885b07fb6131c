"""The outbox: events posted after the answer, in order, with retries."""

import contextlib
import json
import queue
import socket
import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import trustme
from prometheus_client import CollectorRegistry

from function.metrics import Metrics
from function.outbox import ATTEMPTS, CAPACITY, Outbox, poster
from tests.support.waiting import wait_until


class Sink:
    """Answers with the given statuses in turn, the last one for ever; 0 stands for no answer."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: queue.Queue[dict[str, object]] = queue.Queue()

    def __call__(self, body: bytes) -> int:
        """Takes one body."""
        self.bodies.put(json.loads(body))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status == 0:
            raise ConnectionError("nobody listens")
        return status


OUTCOMES = {
    "taken": ((204,), "delivered", 1),
    "taken after an outage": ((0, 503, 429, 204), "delivered", 4),
    "malformed, it says": ((400,), "refused", 1),
    "never there": ((0,), "given-up", ATTEMPTS),
}


@pytest.mark.parametrize(("statuses", "outcome", "tries"), OUTCOMES.values(), ids=OUTCOMES)
def test_an_event_is_tried_until_its_outcome_is_known(
    monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, ...], outcome: str, tries: int
) -> None:
    """What may pass later is tried again, what will not is not, and nothing is tried for ever."""
    monkeypatch.setattr("function.outbox._BACKOFF_SECONDS", 0.0001)
    sink, registry = Sink(*statuses), CollectorRegistry()
    outbox = Outbox(sink, Metrics(registry), {"clustername": "a"})
    outbox.start()

    assert outbox.put({"id": "1"})
    outbox.stop()

    bodies = [sink.bodies.get_nowait() for _ in range(sink.bodies.qsize())]
    counted = registry.get_sample_value("hookrunner_posts_total", {"outcome": outcome})
    assert (bodies, counted) == ([{"id": "1", "clustername": "a"}] * tries, 1)


def test_what_does_not_fit_is_turned_away() -> None:
    """A sink that is away must not cost memory without bound."""
    outbox = Outbox(Sink(204), Metrics(CollectorRegistry()), {})

    taken = sum(outbox.put({"id": str(number)}) for number in range(CAPACITY + 5))

    assert (taken, outbox.ready()) == (CAPACITY, None)


def test_a_stop_does_not_wait_for_a_sink_that_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be delivered when the time is up is given up, and counted."""
    monkeypatch.setattr("function.outbox._BACKOFF_SECONDS", 1000.0)
    monkeypatch.setattr("function.outbox._BACKOFF_MAX_SECONDS", 1000.0)
    monkeypatch.setattr("function.outbox.DRAIN_SECONDS", 0.1)
    sink, registry = Sink(0), CollectorRegistry()
    outbox = Outbox(sink, Metrics(registry), {})
    outbox.start()
    outbox.put({"id": "1"})
    outbox.stop()
    wait_until(
        lambda: registry.get_sample_value("hookrunner_posts_total", {"outcome": "given-up"}) == 1, "it is given up"
    )


def test_a_stop_before_the_start_does_nothing() -> None:
    """An outbox that never ran has nothing to wait for."""
    outbox = Outbox(Sink(204), Metrics(CollectorRegistry()), {})
    outbox.stop()
    assert outbox.ready() is None


class Handler(BaseHTTPRequestHandler):
    """Redirects every post, and keeps what it got."""

    got: queue.Queue[tuple[str | None, bytes]] = queue.Queue()

    def do_POST(self) -> None:
        """Answers one post."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.put((self.headers["content-type"], body))
        self.send_response(307)
        self.send_header("location", "http://127.0.0.1:9/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_the_poster_sends_structured_events_and_follows_no_redirect() -> None:
    """The sink is the one that was set, and no other."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.handle_request).start()

        status = poster(f"http://127.0.0.1:{server.server_port}/")(b"{}")

    assert (status, Handler.got.get_nowait()) == (307, ("application/cloudevents+json; charset=utf-8", b"{}"))


@pytest.mark.parametrize("trusts", [True, False], ids=["its authority is in K_CA_CERTS", "nobody knows it"])
def test_the_poster_verifies_an_https_sink_by_the_certificates_that_it_is_given(trusts: bool) -> None:
    """An authority of the cluster's own is trusted where a SinkBinding says so, and only there."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.handle_request).start()
        certificates = authority.cert_pem.bytes().decode() if trusts else ""
        post = poster(f"https://127.0.0.1:{server.server_port}/", certificates)

        with contextlib.nullcontext() if trusts else pytest.raises(ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            assert post(b"{}") == 307


def test_the_poster_tells_a_dead_sink_by_one_error() -> None:
    """Whatever the HTTP library raises, the outbox sees an OSError."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    with pytest.raises(ConnectionError):
        poster(f"http://127.0.0.1:{port}/")(b"{}")
