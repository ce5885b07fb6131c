"""A small client of the API server for tests: paths and dicts in, dicts out."""

import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import httpx

from tests.controlplane.errors import ApiError

Json = dict[str, Any]
MERGE_PATCH = "application/merge-patch+json"


class WatchEvent(NamedTuple):
    """One event of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, and its object."""

    type: str
    object: Json


class Kube:
    """Talks to one API server as one identity.

    Paths are the API's own, such as `/api/v1/namespaces/ci/pods`; keyword arguments are query parameters,
    such as `labelSelector="a=b"`. Every method raises ApiError if the server refuses, and
    httpx.TransportError if it is not there.
    """

    def __init__(self, server: str, context: ssl.SSLContext, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # No proxy of the environment: everything is on loopback.
        self._http = httpx.Client(base_url=server, verify=context, headers=headers, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        """Do nothing: connections are opened as they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: str) -> Json:
        """Read one object."""
        return self._json("GET", path, query)

    def items(self, path: str, **query: str) -> list[Json]:
        """Read a collection's items."""
        items: list[Json] = self.get(path, **query)["items"]
        return items

    def create(self, path: str, body: Json, **query: str) -> Json:
        """POST `body`: create an object in a collection, or call a subresource such as `…/token`."""
        return self._json("POST", path, query, body)

    def replace(self, path: str, body: Json, **query: str) -> Json:
        """PUT `body` in the place of what is there."""
        return self._json("PUT", path, query, body)

    def patch(self, path: str, patch: object, content_type: str = MERGE_PATCH, **query: str) -> Json:
        """PATCH with a merge patch, or another kind by its content type."""
        return self._json("PATCH", path, query, patch, content_type)

    def delete(self, path: str, **query: str) -> Json:
        """Delete an object or, with a collection's path, all of its objects."""
        return self._json("DELETE", path, query)

    def exists(self, path: str) -> bool:
        """Say whether there is such an object."""
        try:
            self.get(path)
        except ApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def text(self, path: str) -> str:
        """Read something that is no JSON, such as `/metrics`."""
        return _checked(self._http.get(path)).text

    def watch(self, path: str, seconds: float, **query: str) -> Iterator[WatchEvent]:
        """Yield the events of a collection until `seconds` are over.

        Without `resourceVersion` it begins with an ADDED for each object that is there.
        """
        # The server's limit is whole seconds; the client's ends a connection on which nothing comes.
        params = {**query, "watch": "true", "timeoutSeconds": str(max(1, round(seconds)))}
        with self._http.stream("GET", path, params=params, timeout=seconds + 5) as answer:
            if answer.is_error:
                answer.read()
            for line in _checked(answer).iter_lines():
                event = json.loads(line)
                yield WatchEvent(event["type"], event["object"])

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: object = None,
        content_type: str = "application/json",
    ) -> Json:
        content = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": content_type}
        answer = _checked(self._http.request(method, path, params=query, content=content, headers=headers))
        found: Json = answer.json()
        return found


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        status = answer.json()
    except ValueError:
        status = {}
    raise ApiError(answer.status_code, status.get("reason", ""), status.get("message", answer.text))
