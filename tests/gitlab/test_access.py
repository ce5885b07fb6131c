"""Tokens: who is let in, and how GitLab refuses."""

import json

import pytest

from tests.gitlab.access import authenticate
from tests.gitlab.calls import Answer, Call, RefusalError
from tests.gitlab.clock import START, SimulatedClock
from tests.gitlab.instance import Instance

_NO_SCOPE = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access token.",
    "scope": "api read_api",
}
_EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
_REVOKED = "Token was revoked. You have to re-authorize from the user."


@pytest.fixture
def instance() -> Instance:
    """Make an instance with tokens of every kind."""
    instance = Instance(SimulatedClock())
    ann = instance.add_user("ann")
    instance.add_token(ann, "reads")
    instance.add_token(ann, "all", scopes=["api"])
    instance.add_token(ann, "user", scopes=["read_user"])
    instance.add_token(ann, "later", expires_at=START + 1)
    instance.add_token(ann, "expired", expires_at=START)
    instance.add_token(ann, "revoked").revoked = True
    return instance


@pytest.mark.parametrize(
    ("admin_mode", "scopes", "admin"),
    [
        pytest.param(False, ["read_api"], True, id="without admin mode"),
        pytest.param(True, ["read_api"], False, id="scope is missing"),
        pytest.param(True, ["read_api", "admin_mode"], True, id="with the scope"),
    ],
)
def test_admin_mode(instance: Instance, admin_mode: bool, scopes: list[str], admin: bool) -> None:
    """With admin mode on, an admin's token needs a scope for it."""
    instance.admin_mode = admin_mode
    instance.add_token(instance.users[1], "root's", scopes)

    assert authenticate(Call("GET", "/", headers={"private-token": "root's"}), instance).admin is admin


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"private-token": "reads"}, id="PRIVATE-TOKEN"),
        pytest.param({"private-token": "all"}, id="scope api"),
        pytest.param({"private-token": "later"}, id="expires later"),
        pytest.param({"authorization": "Bearer reads"}, id="Bearer"),
        pytest.param({"authorization": "bearer reads"}, id="bearer, small"),
        pytest.param({"private-token": "reads", "authorization": "Bearer wrong"}, id="both: PRIVATE-TOKEN counts"),
    ],
)
def test_let_in(instance: Instance, headers: dict[str, str]) -> None:
    """A token that may read tells whose it is."""
    assert authenticate(Call("GET", "/", headers=headers), instance).username == "ann"


def _refusal(instance: Instance, headers: dict[str, str]) -> Answer:
    with pytest.raises(RefusalError) as refused:
        authenticate(Call("GET", "/", headers=headers), instance)
    return refused.value.answer


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        pytest.param({}, 401, {"message": "401 Unauthorized"}, id="none"),
        pytest.param({"private-token": "wrong"}, 401, {"message": "401 Unauthorized"}, id="unknown"),
        pytest.param({"authorization": "Basic reads"}, 401, {"message": "401 Unauthorized"}, id="another kind"),
        pytest.param({"private-token": "user"}, 403, _NO_SCOPE, id="scope"),
        pytest.param(
            {"private-token": "expired"}, 401, {"error": "invalid_token", "error_description": _EXPIRED}, id="expired"
        ),
        pytest.param(
            {"private-token": "revoked"}, 401, {"error": "invalid_token", "error_description": _REVOKED}, id="revoked"
        ),
    ],
)
def test_refused(instance: Instance, headers: dict[str, str], status: int, body: dict[str, str]) -> None:
    """A token that is no good is refused in GitLab's words."""
    answer = _refusal(instance, headers)

    assert (answer.status, json.loads(answer.body)) == (status, body)


def test_an_expired_token_is_challenged(instance: Instance) -> None:
    """The refusal of an expired token carries WWW-Authenticate, as OAuth 2 wants it."""
    assert _refusal(instance, {"private-token": "expired"}).headers["www-authenticate"] == (
        f'Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="{_EXPIRED}"'
    )
