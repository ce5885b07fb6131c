"""What can go wrong between a client and GitLab, switched on by a test.

A fault applies to the requests whose path has a match of its regular expression, at most `times` times (None:
until it is cleared). Of several faults that match, the one that was set first acts.
"""

import re
from dataclasses import dataclass

from tests.gitlab.calls import Answer, Call, reply
from tests.gitlab.limits import TOO_MANY

API = "^/api/"


@dataclass
class Fault:
    """One thing that goes wrong. With `answer` it is sent instead of GitLab's own, after `delay` seconds.

    `keep` is the part of the body that is sent, from 0 to 1; unless it is `honest`, Content-Length still
    announces all of it, and the connection breaks off.
    """

    path: str = API
    times: int | None = None
    delay: float = 0.0
    answer: Answer | None = None
    keep: float = 1.0
    honest: bool = True


class Faults:
    """The faults that are on."""

    def __init__(self) -> None:
        self._on: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._on.append(fault)

    def clear(self) -> None:
        """Switch every fault off."""
        self._on.clear()

    def take(self, call: Call) -> Fault | None:
        """Return the fault for this call, if there is one, and count it."""
        fault = next((fault for fault in self._on if fault.times != 0 and re.search(fault.path, call.path)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
        return fault

    def slow(self, seconds: float, path: str = API, times: int | None = None) -> None:
        """Answer rightly, but only after `seconds`."""
        self.add(Fault(path, times, delay=seconds))

    def status(self, status: int, path: str = API, times: int | None = None) -> None:
        """Answer with a status and GitLab's JSON for it, such as 500 or 503."""
        self.add(Fault(path, times, answer=reply({"message": f"{status} {_REASONS.get(status, 'Error')}"}, status)))

    def html(self, status: int = 502, path: str = API, times: int | None = None) -> None:
        """Answer with an HTML page, as the proxy before GitLab does; 200 is a login page."""
        page = f"<!DOCTYPE html><html><head><title>GitLab ({status})</title></head><body></body></html>"
        answer = Answer(status, page.encode(), {"content-type": "text/html; charset=utf-8"})
        self.add(Fault(path, times, answer=answer))

    def cut(self, keep: float = 0.5, path: str = API, times: int | None = None) -> None:
        """Send only a part of the JSON, as if it were whole."""
        self.add(Fault(path, times, keep=keep))

    def drop(self, keep: float = 0.5, path: str = API, times: int | None = None) -> None:
        """Break the connection off in the middle of the body; `keep` 0: right after the headers."""
        self.add(Fault(path, times, keep=keep, honest=False))

    def redirect(self, location: str, path: str = API, times: int | None = None, status: int = 302) -> None:
        """Send the client elsewhere: `location` is the whole target."""
        self.add(Fault(path, times, answer=Answer(status, b"", {"location": location})))

    def too_many_json(self, path: str = API, times: int | None = None) -> None:
        """Answer 429 as an endpoint's own limit does: JSON, without Retry-After."""
        self.add(Fault(path, times, answer=reply(TOO_MANY, 429)))

    def too_many_text(self, retry_after: int, path: str = API, times: int | None = None) -> None:
        """Answer 429 as the general limit does: plain text with Retry-After in seconds."""
        headers = {"content-type": "text/plain", "retry-after": str(retry_after)}
        self.add(Fault(path, times, answer=Answer(429, b"Retry later\n", headers)))


_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
