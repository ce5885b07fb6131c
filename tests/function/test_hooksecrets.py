"""The proof that a webhook is GitLab's own: token and signature."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from function.errors import SettingError, Unauthorized
from function.hooksecrets import HookSecrets
from function.http import Request

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BODY = b'{"object_kind":"build"}'
KEY = base64.b64encode(b"a key of twenty bytes").decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mounted Secret with two tokens and two signing keys, a rotation under way."""
    (tmp_path / "token").write_text("old-token\nnew-token\n")
    (tmp_path / "signing-key").write_text(f"whsec_{base64.b64encode(b'older').decode()}\n\nwhsec_{KEY}\n")
    return tmp_path


def delivery(**headers: str) -> Request:
    """A delivery with these headers; underscores stand for hyphens."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request("POST", "/", raw, BODY)


def signed(key: str = KEY, at: datetime = NOW, body: bytes = BODY, delivery_id: str = "d-1") -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    digest = hmac.digest(base64.b64decode(key), f"{delivery_id}.{stamp}.".encode() + body, hashlib.sha256)
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook_id": delivery_id, "webhook_timestamp": stamp, "webhook_signature": signature}


GENUINE = {
    "the old token": {"x_gitlab_token": "old-token"},
    "the new token": {"x_gitlab_token": "new-token"},
    "a signature": signed(),
    "one of two signatures": signed() | {"webhook_signature": f"v1,AAAA {signed()['webhook_signature']}"},
    "signed four minutes ago": signed(at=NOW - timedelta(minutes=4)),
    "a right token beside a wrong signature": signed(body=b"other") | {"x_gitlab_token": "new-token"},
}

FORGED = {
    "nothing": {},
    "an empty token": {"x_gitlab_token": ""},
    "another token": {"x_gitlab_token": "new-toke"},
    "both tokens in one": {"x_gitlab_token": "old-token\\nnew-token"},
    "a token that is not ASCII": {"x_gitlab_token": "né"},
    "another body": signed(body=b"other"),
    "another key": signed(key=base64.b64encode(b"another").decode()),
    "another id": signed() | {"webhook_id": "d-2"},
    "another version of signatures": signed()
    | {"webhook_signature": signed()["webhook_signature"].replace("v1", "v2")},
    "signed six minutes ago": signed(at=NOW - timedelta(minutes=6)),
    "signed six minutes ahead": signed(at=NOW + timedelta(minutes=6)),
    "a time that is none": signed() | {"webhook_timestamp": "soon"},
    "a time beyond the calendar": signed() | {"webhook_timestamp": "9" * 12},
    "a time without end": signed() | {"webhook_timestamp": "9" * 40},
    "no id": {name: text for name, text in signed().items() if name != "webhook_id"},
}


@pytest.mark.parametrize("headers", GENUINE.values(), ids=GENUINE)
def test_a_genuine_delivery_passes(folder: Path, headers: dict[str, str]) -> None:
    """Each secret of a rotation, and each way to show it, proves a delivery."""
    HookSecrets(folder).check(delivery(**headers), NOW)


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_forged_delivery_is_refused(folder: Path, headers: dict[str, str]) -> None:
    """It gets 401 and a message that tells neither the secret nor which part was wrong."""
    with pytest.raises(Unauthorized) as refused:
        HookSecrets(folder).check(delivery(**headers), NOW)

    assert (refused.value.status, str(refused.value)) == (
        401,
        "this delivery is not genuine: set the webhook's secret token, or signing key, to what Hookrunner was given",
    )


def test_a_rotated_secret_counts_at_once(folder: Path) -> None:
    """The folder is read at each delivery, so a rotation needs no restart."""
    secrets = HookSecrets(folder)
    (folder / "token").write_text("newest-token\n")

    secrets.check(delivery(x_gitlab_token="newest-token"), NOW)
    with pytest.raises(Unauthorized):
        secrets.check(delivery(x_gitlab_token="new-token"), NOW)


@pytest.mark.parametrize("content", [b" \n", b"\xff\xfe"], ids=["blank", "no text"])
def test_a_folder_without_a_secret_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """The error names the variable, the folder and what must lie in it."""
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(SettingError) as stopped:
        HookSecrets(tmp_path)

    assert str(stopped.value) == (
        f"HOOKRUNNER_HOOK_SECRETS='{tmp_path}' is not valid: it must be a folder with a file `token` or "
        "`signing-key` in it, one secret a line"
    )


def test_a_secret_in_the_place_of_the_folder_is_not_shown() -> None:
    """What is no folder may be the secret itself."""
    with pytest.raises(SettingError) as stopped:
        HookSecrets(Path("the-secret-itself"))

    assert str(stopped.value) == (
        "HOOKRUNNER_HOOK_SECRETS is not valid: it must be a folder with a file `token` or `signing-key` in it, "
        "one secret a line"
    )


@pytest.mark.parametrize("line", ["no base64", "whsec_", "whsec_AAA", "whsec_n\u00e9e="])
def test_a_line_that_is_no_signing_key_stops_the_start(folder: Path, line: str) -> None:
    """The error names the line by its number, and shows nothing of it."""
    (folder / "signing-key").write_text(f"whsec_{KEY}\n\n{line}\n")

    with pytest.raises(SettingError) as stopped:
        HookSecrets(folder)

    assert str(stopped.value) == (
        f"HOOKRUNNER_HOOK_SECRETS='{folder}' is not valid: line 3 of its file `signing-key` must be a key as GitLab "
        "shows it: whsec_ and base64"
    )


def test_a_line_that_is_no_signing_key_is_told_later(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A rotation that brings one keeps the others in use, and is told by the number of the line."""
    secrets = HookSecrets(folder)
    (folder / "signing-key").write_text(f"no base64\nwhsec_{KEY}\n")

    secrets.check(delivery(**signed()), NOW)

    assert [record.getMessage() for record in caplog.records] == [
        "line 1 of the file `signing-key` is no signing key: it is passed over"
    ]
