"""Who calls: from the token to the user, or to GitLab's refusal.

Docs: api/rest/authentication; the error bodies are those that GitLab's API sends for a token that is missing,
unknown, expired, revoked, or that lacks the scope (`read_api` or `api` for reading).
"""

from dataclasses import replace

from tests.gitlab.calls import Call, RefusalError, refuse, reply
from tests.gitlab.instance import Instance
from tests.gitlab.model import Token, User

READ_SCOPES = ("api", "read_api")
_EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
_REVOKED = "Token was revoked. You have to re-authorize from the user."
_NO_SCOPE = "The request requires higher privileges than provided by the access token."


def token_of(call: Call) -> str | None:
    """Return the token that was sent as `PRIVATE-TOKEN` or as `Authorization: Bearer`, if any."""
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    bearer = value.strip() if kind.lower() == "bearer" else None
    return call.headers.get("private-token") or bearer


def authenticate(call: Call, instance: Instance, scopes: tuple[str, ...] = READ_SCOPES) -> User:
    """Return the caller.

    Raises:
        RefusalError: 401 without a valid token, 403 when the token has none of `scopes`.

    """
    value = token_of(call)
    token = instance.tokens.get(value) if value else None
    if token is None:
        raise refuse(401, "401 Unauthorized")
    _check_alive(token, instance.clock())
    if not token.scopes.intersection(scopes):
        body = {"error": "insufficient_scope", "error_description": _NO_SCOPE, "scope": " ".join(scopes)}
        raise RefusalError(reply(body, 403))
    if instance.admin_mode and "admin_mode" not in token.scopes:
        return replace(token.user, admin=False)
    return token.user


def graphql_user(call: Call, instance: Instance) -> User | None:
    """Return the caller of GraphQL, None for an anonymous one.

    Raises:
        RefusalError: 401 in GraphQL's own shape when a token was sent that is no good.

    """
    if token_of(call) is None:
        return None
    try:
        return authenticate(call, instance)
    except RefusalError as refusal:
        raise RefusalError(reply({"errors": [{"message": "Invalid token"}]}, 401)) from refusal


def _check_alive(token: Token, now: float) -> None:
    expired = token.expires_at is not None and token.expires_at <= now
    if not (token.revoked or expired):
        return
    reason = _REVOKED if token.revoked else _EXPIRED
    challenge = f'Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="{reason}"'
    body = {"error": "invalid_token", "error_description": reason}
    raise RefusalError(reply(body, 401, {"www-authenticate": challenge}))
