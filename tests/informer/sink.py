"""A real HTTP sink for CloudEvents that can misbehave in every way that a sink does."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.ports import free_port
from tests.support.waiting import wait_until

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """How a post is answered: after `delay` seconds with `status`, or with no answer at all (`drop`)."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    body: bytes = b""


@dataclass(frozen=True)
class Post:
    """One request: its events, its headers in lower case, and how it was answered."""

    events: list[Json]
    headers: Mapping[str, str]
    answer: Answer
    time: float

    @property
    def batched(self) -> bool:
        """Whether it came in batched mode."""
        return self.headers["content-type"] == "application/cloudevents-batch+json"


OK = Answer()


class Sink:
    """An HTTP server on loopback. `answer` decides on each post, by default 204."""

    def __init__(self, answer: Callable[[list[Json]], Answer] = lambda _: OK) -> None:
        self.answer = answer
        self.posts: list[Post] = []
        self._port = free_port()
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.up()

    @property
    def url(self) -> str:
        """Where it listens, up or down."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def accepted(self) -> list[Json]:
        """The events of all posts that were taken, in order, also those whose answer was dropped."""
        with self._lock:
            return [event for post in self.posts if post.answer.status < 300 for event in post.events]

    def ids(self) -> list[str]:
        """The ids of `accepted`."""
        return [event["id"] for event in self.accepted]

    def wait(self, count: int) -> list[Json]:
        """The accepted events, once there are `count` of them."""
        wait_until(lambda: len(self.accepted) >= count, f"{count} events at the sink")
        return self.accepted

    def wait_ids(self, ids: set[str]) -> None:
        """Wait until the ids of the accepted events are these, however often each came."""
        wait_until(lambda: set(self.ids()) == ids, f"{len(ids)} events at the sink, and no other")

    def wait_posts(self, count: int) -> list[Post]:
        """The posts, once there are `count` of them."""
        wait_until(lambda: len(self.posts) >= count, f"{count} posts at the sink")
        return self.posts

    def respond(self, events: list[Json], headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002 - for others
        """The answer to a post; another kind of sink may look at more than its events."""
        return self.answer(events)

    def take(self, post: Post) -> None:
        """Notes a post."""
        with self._lock:
            self.posts.append(post)

    def up(self) -> None:
        """Listens, on the same port as ever."""
        self._server = _Server(self._port, self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def down(self) -> None:
        """Refuses connections, and cuts those that there are."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, sink: Sink) -> None:
        self.sink = sink
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as the library has it
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """Says nothing of clients that went away."""

    def cut(self) -> None:
        """Ends the connections; closing them here would leave them open to the threads that serve them."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # its client was faster
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content = json.loads(body)
        events = content if isinstance(content, list) else [content]
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.sink.respond(events, headers, body)
        time.sleep(answer.delay)
        self.server.sink.take(Post(events, headers, answer, time.monotonic()))
        if answer.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # nobody need read all of it
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
