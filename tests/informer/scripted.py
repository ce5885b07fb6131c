"""An API server that says what a test has written down, over real HTTP: for what a real one cannot be made to say."""

import json
import socket
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What one request is answered with.

    A watch (`lines`) is sent chunk by chunk, and then ends as `end` says: in order, in the middle of its last line
    without a word more (`cut`), or not at all (`silent`: half-open, until the test ends).
    """

    status: int = 200
    body: Json | None = None
    lines: Sequence[Json] = ()
    end: str = "order"
    retry_after: str | None = None


def page(items: Iterable[Json], version: str, more: str = "") -> Reply:
    """One page of a list."""
    return Reply(body={"metadata": {"resourceVersion": version, "continue": more}, "items": list(items)})


def watch(*lines: Json, end: str = "order") -> Reply:
    """A watch."""
    return Reply(lines=lines, end=end)


def failure(status: int, retry_after: str | None = None) -> Reply:
    """A Status in the place of an answer."""
    return Reply(status, {"kind": "Status", "code": status, "message": "as the script says"}, retry_after=retry_after)


def line(kind: str, item: Json) -> Json:
    """One line of a watch."""
    return {"type": kind, "object": item}


def bookmark(version: str) -> Json:
    """A BOOKMARK."""
    return line("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": version}})


class ScriptedApi:
    """Answers each request with the next reply, and notes the queries that it was asked with."""

    def __init__(self, *replies: Reply) -> None:
        self.queries: list[dict[str, str]] = []
        self.released = threading.Event()
        self._replies = iter(replies)
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def next_reply(self, query: dict[str, str]) -> Reply:
        """The reply to a request; 404 when the script is over."""
        self.queries.append(query)
        return next(self._replies, failure(404))

    def kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig that leads here."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "script", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}],
            "users": [{"name": "user", "user": {"token": "scripted"}}],
            "contexts": [{"name": "script", "context": {"cluster": "script", "user": "user"}}],
            "current-context": "script",
        }
        path = folder / "scripted.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def close(self) -> None:
        """Ends the server, and what hangs on it."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: ScriptedApi) -> None:
        self.api = api
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        reply = self.server.api.next_reply(dict(parse_qsl(urlsplit(self.path).query)))
        if reply.body is not None:
            self._body(reply, json.dumps(reply.body).encode())
        else:
            self._stream(reply)

    def _body(self, reply: Reply, body: bytes) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(body)))
        if reply.retry_after is not None:
            self.send_header("Retry-After", reply.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        texts = [json.dumps(item).encode() + b"\n" for item in reply.lines]
        if reply.end == "cut":
            texts[-1] = texts[-1][:-20]
        for text in texts:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self._end(reply.end)

    def _end(self, end: str) -> None:
        if end == "order":
            self.wfile.write(b"0\r\n\r\n")
        if end == "cut":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        if end == "silent":
            self.server.api.released.wait()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
