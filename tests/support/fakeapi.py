"""A ConfigMap in memory behind the API's calls, for what a real API server cannot be made to do at will.

It imitates: what is made anew has another UID, a resourceVersion in a patch is a precondition (409), null in a merge
patch deletes, creating what exists is 409, patching or reading what is not there 404. The real API server's own
behaviour is tested in tests/loop.
"""

import threading
from collections.abc import Iterator
from typing import Any

import msgspec

from function.errors import ApiConflict, ApiError, ApiNotFound
from function.kubeapi import Query


class FakeApi:
    """One ConfigMap; `data` is None while it is not there.

    `failures` are raised by the next calls, one each; None lets a call through. `methods` remembers the calls.
    """

    def __init__(self, data: dict[str, str] | None) -> None:
        self.data = data
        self.version = 1
        self.uid = 1
        self.failures: list[ApiError | None] = []
        self.methods: list[str] = []
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        content_type: str = "application/json",
    ) -> bytes:
        """One call, all or nothing."""
        assert query is None
        assert content_type == ("application/merge-patch+json" if method == "PATCH" else "application/json")
        with self._lock:
            self.methods.append(method)
            failure = self.failures.pop(0) if self.failures else None
            if failure is not None:
                raise failure
            return self._answer(method, path, body)

    def lines(self, path: str, query: Query, idle_seconds: float) -> Iterator[bytes]:
        """Nobody watches this one."""
        raise NotImplementedError

    def edit(self, **texts: str) -> None:
        """What a person does with kubectl edit."""
        self.data = {**(self.data or {}), **texts}
        self.version += 1

    def delete(self) -> None:
        """What kubectl delete does."""
        self.data = None
        self.uid += 1

    def _answer(self, method: str, path: str, body: Any) -> bytes:  # noqa: ANN401 - any JSON value
        if method == "POST":
            self._create(path, body)
        elif self.data is None:
            raise ApiNotFound(f"{method} {path}: 404", 404)
        elif method == "PATCH":
            self._patch(path, body)
        metadata = {"resourceVersion": str(self.version), "uid": str(self.uid)}
        return msgspec.json.encode({"metadata": metadata, "data": self.data})

    def _create(self, path: str, body: Any) -> None:  # noqa: ANN401 - any JSON value
        if self.data is not None:
            raise ApiConflict(f"POST {path}: 409", 409)
        self.data = dict(body["data"])
        self.version += 1

    def _patch(self, path: str, body: Any) -> None:  # noqa: ANN401 - any JSON value
        if body["metadata"]["resourceVersion"] != str(self.version):
            raise ApiConflict(f"PATCH {path}: 409", 409)
        merged = {**(self.data or {}), **body["data"]}
        self.data = {name: text for name, text in merged.items() if text is not None}
        self.version += 1
