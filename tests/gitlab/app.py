"""The edge: ASGI in, the fake GitLab's answer out, faults included. Every request is recorded."""

import asyncio

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.gitlab import control
from tests.gitlab.calls import Answer, Call
from tests.gitlab.faults import Fault
from tests.gitlab.gitlab import GitLab

_SOUND = Fault()


class App:
    """The fake GitLab as an ASGI application.

    `external_url` is how GitLab believes to be reached, and begins every link that it sends; without it, it
    is what the request asked for.
    """

    def __init__(self, gitlab: GitLab, external_url: str | None = None) -> None:
        self._gitlab = gitlab
        self._external_url = external_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = await self._read(Request(scope, receive))
        if call.path == control.PATH:
            await _send(control.answer(call, self._gitlab), _SOUND, send, head=False)
            return
        fault = self._gitlab.faults.take(call) or _SOUND
        if fault.delay:
            await asyncio.sleep(fault.delay)
        answer = fault.answer or self._gitlab.answer(call)
        self._gitlab.record.add(call, answer.status, self._gitlab.clock())
        await _send(answer, fault, send, head=call.method == "HEAD")

    async def _read(self, request: Request) -> Call:
        base_url = self._external_url or str(request.base_url).rstrip("/")
        raw_path: bytes = request.scope["raw_path"]
        return Call(
            method=request.method,
            path=raw_path.decode("ascii"),
            query=tuple(request.query_params.multi_items()),
            headers=dict(request.headers),
            body=await request.body(),
            base_url=base_url,
            ip=request.client.host if request.client else "",
        )


async def _send(answer: Answer, fault: Fault, send: Send, *, head: bool) -> None:
    body = answer.body[: int(len(answer.body) * fault.keep)]
    length = len(body if fault.honest else answer.body)
    headers = {**answer.headers, "content-length": str(length)}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else body})
