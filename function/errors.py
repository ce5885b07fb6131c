"""Every error that Hookrunner raises on purpose, in one tree.

    HookrunnerError
    ├── SettingError            a setting is wrong; the message names variable, value and what is allowed
    ├── BadRequest              the caller's fault; carries the HTTP status to answer with
    │   ├── BodyTooLarge        413
    │   ├── UnsupportedMedia    415
    │   └── Unauthorized        401 or 403
    ├── UnsafePatch             a JSON Patch that did not apply, or would have made the pod invalid
    ├── StoreError              the history could not be read or written
    │   ├── StoreUnavailable    for now: try again later
    │   ├── StoreConflict       somebody else wrote in between, again and again
    │   └── StoreRefused        for good, until a person changes something
    ├── SinkError               the sink did not take an event
    │   ├── SinkUnavailable     for now: the same event may be taken later
    │   └── SinkRefused         for good: it is the event's fault
    ├── RecordingError          a file of events cannot be read; the message names the file and the place in it
    ├── ApiError                the Kubernetes API server answered with an error
    │   ├── ApiUnavailable      no answer, a time-out, 429 or 5xx
    │   ├── ApiNotFound         404
    │   ├── ApiConflict         409
    │   ├── ApiGone             410: the resourceVersion is too old, list again
    │   └── ApiDenied           401, 403 or 422: not for us, or not this
    ├── QueryError              a scaler's query is wrong; the message names the key and the nearest right one
    │   └── QueryDenied         this namespace may not use this credential so
    ├── CountUnknown            the queue's length is not known now; it is never answered as 0 instead
    └── GitLabError             GitLab answered with an error
        ├── GitLabUnavailable   no answer, a time-out, a broken one, or 5xx
        ├── GitLabLimited       429: too many requests
        ├── GitLabDenied        401 or 403
        ├── GitLabNotFound      404
        └── GitLabRefused       another 4xx, a redirect elsewhere, a version that cannot do this

A message says what was wrong, where, and what to do. It holds no secret and nothing of a caller's body.
"""


class HookrunnerError(Exception):
    """The root of the tree."""


class SettingError(HookrunnerError):
    """A setting is wrong: one line that names the variable, its value and what is allowed."""


class BadRequest(HookrunnerError):
    """The request cannot be answered as it is; `status` is the HTTP status code to answer with."""

    status = 400


class BodyTooLarge(BadRequest):
    """The body is over the limit; the rest of it is not read."""

    status = 413


class UnsupportedMedia(BadRequest):
    """The content type, or the event format, is not one that we read."""

    status = 415


class Unauthorized(BadRequest):
    """The caller may not do this: 401 without a valid token, 403 with somebody else's."""

    def __init__(self, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.status = status


class UnsafePatch(HookrunnerError):
    """A patch that must not be answered: it did not apply, or would have made the pod invalid."""


class StoreError(HookrunnerError):
    """The history could not be read or written."""


class StoreUnavailable(StoreError):
    """The store cannot be reached for now; trying again later may help."""


class StoreConflict(StoreError):
    """Somebody else changed the history between our read and our write, as often as we tried."""


class StoreRefused(StoreError):
    """The store will not take this write until a person changes something; the message says what."""


class SinkError(HookrunnerError):
    """The sink did not take what was posted; `status` is its HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class SinkUnavailable(SinkError):
    """The sink may take the same later: no answer, 429, 5xx, or a sink that is not set up yet; `retry_after` in s."""


class SinkRefused(SinkError):
    """The sink will never take this: it finds the event itself at fault."""


class RecordingError(HookrunnerError):
    """A file of recorded events cannot be read: one line that names the file, the place in it, and what is wrong."""


class ApiError(HookrunnerError):
    """The Kubernetes API server answered with an error; `status` is its HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ApiUnavailable(ApiError):
    """No answer, a time-out, 429 or 5xx: for now; `retry_after` is in seconds, if the server named it."""


class ApiNotFound(ApiError):
    """404: the object is not there."""


class ApiConflict(ApiError):
    """409: the object was changed since it was read, or exists already."""


class ApiGone(ApiError):
    """410: the resourceVersion is too old to resume from; list again."""


class ApiDenied(ApiError):
    """401, 403, 422 or another 4xx: the same request will fail again until a person changes something."""


class QueryError(HookrunnerError):
    """A query is wrong: one line that names the key, what is wrong with it, and the nearest right one."""


class QueryDenied(QueryError):
    """The credential is not for this namespace, not for this GitLab, or not for an unverified connection."""


class CountUnknown(HookrunnerError):
    """How many jobs wait is not known now: not counted yet, too long ago, or counted in part only."""


class GitLabError(HookrunnerError):
    """GitLab answered with an error; `status` is its HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class GitLabUnavailable(GitLabError):
    """No answer, a time-out, a broken answer or 5xx: for now."""


class GitLabLimited(GitLabError):
    """429: too many requests; `retry_after` is in seconds, None if GitLab did not say, as `remaining` of its limit."""

    def __init__(self, message: str, retry_after: float | None = None, remaining: int | None = None) -> None:
        super().__init__(message, status=429)
        self.retry_after, self.remaining = retry_after, remaining


class GitLabDenied(GitLabError):
    """401 or 403: the token is wrong, expired, or lacks a right; a person must change something."""


class GitLabNotFound(GitLabError):
    """404: it is not there, or this token may not know of it."""


class GitLabRefused(GitLabError):
    """The same request will fail again: another 4xx, a redirect elsewhere, or a GitLab that is too old for it."""
