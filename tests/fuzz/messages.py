"""Requests as bytes, so that every tool can change and keep them: a line, headers, an empty line, the body.

POST /
content-type: application/cloudevents+json

{"specversion": "1.0", …}
"""

from collections.abc import Mapping

from function.http import Request


def written(headers: Mapping[str, str], body: bytes, method: str = "POST") -> bytes:
    """A request to `/`."""
    lines = [f"{method} /", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\n".join(lines).encode("latin-1") + body


def read(data: bytes) -> Request:
    """The request that `data` is, whatever it is. What no server takes for a header is left out."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, path = first.partition(b" ")
    pairs = [line.partition(b":") for line in lines if b"\r" not in line and b"\0" not in line]
    headers = [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]
    return Request(method.decode("latin-1"), path.decode("latin-1") or "/", headers, body)
