"""GitLab's two ways of paging (docs: api/rest, pagination).

Offset pages carry X-Page and its kin and a Link with prev, next and first, and with `last` and the totals
where GitLab counts. Keyset pages carry only a Link to the next page, with a cursor in it, and none at all on
the last.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.gitlab.calls import Call, RefusalError, reply

DEFAULT_SIZE = 20
MAX_SIZE = 100
_NO_KEYSET = "Keyset pagination is not yet available for this type of request"


@dataclass(frozen=True)
class Offset:
    """The page that is asked for, from 1, and its size, at most 100."""

    page: int
    size: int


@dataclass(frozen=True)
class Keyset:
    """The id after which to go on (None: from the start) and the page's size, at most 100."""

    after: int | None
    size: int


def wanted(call: Call, *, keyset: bool) -> Offset | Keyset:
    """Return the page of a list of jobs that was asked for; `keyset` says whether GitLab has it there.

    Raises:
        RefusalError: 400 for numbers that are none, 405 for a keyset that is not available: it wants
        `order_by=id` and
            `sort=desc`.

    """
    page = offset(call)
    if call.get("pagination") != "keyset":
        return page
    if not keyset or (call.get("order_by"), call.get("sort", "desc")) != ("id", "desc"):
        raise RefusalError(reply({"error": _NO_KEYSET}, 405))
    return Keyset(_after(call.get("cursor")), page.size)


def offset(call: Call) -> Offset:
    """Return the page that a list without keyset was asked for; it does not look at `pagination`.

    Raises:
        RefusalError: 400 for numbers that are none.

    """
    return Offset(number(call, "page", 1), min(number(call, "per_page", DEFAULT_SIZE), MAX_SIZE))


def number(call: Call, name: str, default: int) -> int:
    """Return a whole number of at least 1 from the query.

    Raises:
        RefusalError: 400 in the words of GitLab's parameter check.

    """
    value = call.get(name, str(default))
    if not value.lstrip("-").isdigit():
        raise RefusalError(reply({"error": f"{name} is invalid"}, 400))
    return max(int(value), 1)


def keyset_headers(call: Call, last_id: int | None) -> dict[str, str]:
    """Return the Link to what comes after `last_id`; nothing when it was the last page."""
    if last_id is None:
        return {}
    cursor = urlsafe_b64encode(json.dumps({"id": str(last_id), "_kd": "n"}).encode()).decode()
    return {"link": _link(call, {"cursor": cursor}, "next")}


def offset_headers(call: Call, page: Offset, *, more: bool, total: int | None) -> dict[str, str]:
    """Return the headers of an offset page; `total` None is a list that GitLab does not count."""
    pages = None if total is None else max(-(-total // page.size), 1)
    targets = {
        "prev": page.page - 1 if page.page > 1 else None,
        "next": page.page + 1 if more else None,
        "first": 1,
        "last": pages,
    }
    links = [
        _link(call, {"page": str(target), "per_page": str(page.size)}, rel)
        for rel, target in targets.items()
        if target is not None
    ]
    headers = {
        "x-per-page": str(page.size),
        "x-page": str(page.page),
        "x-next-page": str(targets["next"] or ""),
        "x-prev-page": str(targets["prev"] or ""),
        "link": ", ".join(links),
    }
    return headers if total is None else {**headers, "x-total": str(total), "x-total-pages": str(pages)}


def _link(call: Call, changed: dict[str, str], rel: str) -> str:
    kept = [(name, value) for name, value in call.query if name not in changed]
    query = urlencode(sorted([*kept, *changed.items()]))
    return f'<{call.base_url}{call.path}?{query}>; rel="{rel}"'


def _after(cursor: str) -> int | None:
    if not cursor:
        return None
    try:
        return int(json.loads(urlsafe_b64decode(cursor))["id"])
    except (NotBase64, ValueError, KeyError, TypeError) as error:
        raise RefusalError(reply({"error": "cursor is invalid"}, 400)) from error
