"""GitLab's connection of jobs: a page of them with cursors, and a count that stops at a limit.

Docs: api/graphql (pagination), api/graphql/reference (CiJobInterfaceConnection: "Returns limit + 1 for counts greater
than the limit"). Jobs come the newest first; a page has at most 100.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Iterator
from itertools import islice, takewhile

from graphql import GraphQLError, GraphQLResolveInfo

from tests.gitlab.model import Job
from tests.gitlab.nodes import Node, job

MAX_PAGE = 100
COUNT_LIMIT = 1000


Read = Callable[[int | None], Iterator[Job]]


class Connection:
    """The jobs that a query found, seen through the query's `first`, `last`, `after` and `before`.

    `read` yields them, the newest first, from beyond an id (None: from the start).
    """

    def __init__(self, read: Read, now: float, window: dict[str, object]) -> None:
        self._read = read
        self._now = now
        first, last = _size(window.get("first")), _size(window.get("last"))
        if first is not None and last is not None:
            raise GraphQLError("Can only provide either `first` or `last`, not both")
        after, before = _id(window.get("after")), _id(window.get("before"))
        inside = takewhile(lambda job: before is None or job.id > before, read(after))
        size = MAX_PAGE if first is None else first
        taken = list(inside) if last is not None else list(islice(inside, size + 1))
        self._page = taken[-last:] if last is not None else taken[:size]
        self._more = before is not None or (last is None and len(taken) > size)
        self._less = after is not None or (last is not None and len(taken) > last)

    def count(self, _info: GraphQLResolveInfo[object], limit: int) -> int:
        """Return how many jobs there are, or one more than `limit` if there are more than that."""
        if not 0 < limit <= COUNT_LIMIT:
            raise GraphQLError(f"limit must be greater than 0 and less than or equal to {COUNT_LIMIT}")
        return sum(1 for _ in islice(self._read(None), limit + 1))

    def nodes(self, _info: GraphQLResolveInfo[object]) -> list[Node]:
        """Return the page's jobs."""
        return [job(it, self._now) for it in self._page]

    def edges(self, _info: GraphQLResolveInfo[object]) -> list[Node]:
        """Return the page's jobs, each with its cursor."""
        return [{"cursor": _cursor(it), "node": job(it, self._now)} for it in self._page]

    def pageInfo(self, _info: GraphQLResolveInfo[object]) -> Node:  # noqa: N802 the field's name
        """Return where the page lies."""
        return {
            "startCursor": _cursor(self._page[0]) if self._page else None,
            "endCursor": _cursor(self._page[-1]) if self._page else None,
            "hasNextPage": self._more,
            "hasPreviousPage": self._less,
        }


def _size(asked: object) -> int | None:
    return min(asked, MAX_PAGE) if isinstance(asked, int) else None


def _cursor(value: Job) -> str:
    return urlsafe_b64encode(json.dumps({"id": str(value.id)}).encode()).decode().rstrip("=")


def _id(cursor: object) -> int | None:
    if not cursor:
        return None
    text = str(cursor)
    try:
        return int(json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))["id"])
    except (NotBase64Error, ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Please provide a valid cursor") from error
