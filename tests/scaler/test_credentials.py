"""Credentials: what a file may hold, who may use which, and that a change is taken up without a restart."""

import logging
from pathlib import Path

import pytest

from function.errors import QueryDenied, SettingError
from scaler.credentials import Credential, Credentials, read
from scaler.queries import Source

TOKEN = "glpat-0123456789abcdefghij"
GOOD = f"""
default:
  token: {TOKEN}
  gitlabUrls: [https://GitLab.example.com/]
  namespaces: [ci, ci-*]
"""


def written(folder: Path, text: str) -> Path:
    """A credentials file, replaced as a mounted Secret is: by another file under the same name."""
    fresh = folder / "fresh"
    fresh.write_text(text)
    return fresh.replace(folder / "credentials.yaml")


def test_read(tmp_path: Path) -> None:
    """Defaults, and URLs in the spelling that queries have."""
    assert read(written(tmp_path, GOOD)) == {
        "default": Credential("default", ("https://gitlab.example.com",), ("ci", "ci-*"), secret=TOKEN)
    }


def test_token_is_not_shown(tmp_path: Path) -> None:
    """A credential's own text does not show its token."""
    assert TOKEN not in repr(read(written(tmp_path, GOOD)))


def test_token_file(tmp_path: Path) -> None:
    """A token may lie in a file of its own, which is read at each use."""
    token = tmp_path / "token"
    credential = Credential("default", (), (), token_file=str(token))
    with pytest.raises(SettingError, match="credential default: tokenFile cannot be read: FileNotFoundError"):
        credential.token()
    token.write_text(f"{TOKEN}\n")
    assert credential.token() == TOKEN
    for wrong in ("", "two\nlines", "naïve"):
        token.write_text(wrong)
        with pytest.raises(SettingError, match="credential default: tokenFile"):
            credential.token()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not a readable YAML file: ParserError"),
        ("[]", "Expected `object`, got `array`"),
        (GOOD.replace("namespaces", "namespace"), "Object contains unknown field `namespace` - at `$[...]`"),
        (GOOD.replace("https://", "ftp://"), "gitlabUrls: 'ftp://GitLab.example.com/' is not an http or https URL"),
        (GOOD.replace("  token", "  tokenFile: /x\n  token"), "exactly one of token and tokenFile must be given"),
        (GOOD.replace(f"token: {TOKEN}", "tokenFile: ''"), "exactly one of token and tokenFile must be given"),
        (GOOD.replace(TOKEN, f'"{TOKEN}\\n"'), "token must be one printable line"),
        (GOOD + "  callsPerMinute: 0", "callsPerMinute at least 1"),
    ],
)
def test_wrong_file(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong is named, and no value that might be a token."""
    with pytest.raises(SettingError) as caught:
        read(written(tmp_path, text))
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("namespace", "url", "insecure", "message"),
    [
        ("ci", "https://gitlab.example.com", False, None),
        ("ci-web", "https://gitlab.example.com", False, None),
        ("CI", "https://gitlab.example.com", False, "is not for namespace 'CI': see its namespaces"),
        ("", "https://gitlab.example.com", False, "is not for namespace '': see its namespaces"),
        ("ci", "http://gitlab.example.com", False, "is not for 'http://gitlab.example.com': see its gitlabUrls"),
        ("ci", "https://gitlab.example.com.evil", False, "is not for 'https://gitlab.example.com.evil'"),
        ("ci", "https://gitlab.example.com", True, "refuses insecureSkipVerify: use caFile, or see allowInsecure"),
    ],
)
def test_who_may(tmp_path: Path, namespace: str, url: str, *, insecure: bool, message: str | None) -> None:
    """A credential is for its namespaces, its GitLabs, and verified connections."""
    credential = read(written(tmp_path, GOOD))["default"]
    source = Source(url, "default", "project", "1", insecure=insecure)
    if message is None:
        credential.check(source, namespace)
        return
    with pytest.raises(QueryDenied) as caught:
        credential.check(source, namespace)
    assert message in str(caught.value)


def test_insecure_where_allowed(tmp_path: Path) -> None:
    """An unverified connection is possible where the operator says so."""
    credential = read(written(tmp_path, GOOD + "  allowInsecure: true"))["default"]
    credential.check(Source("https://gitlab.example.com", "default", "project", "1", insecure=True), "ci")


def test_refresh(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A changed file is taken up; a wrong or missing one is not, loudly, and what there was stays."""
    caplog.set_level(logging.INFO, "scaler")
    credentials = Credentials(written(tmp_path, GOOD))
    written(tmp_path, GOOD.replace("default:", "other:"))
    credentials.refresh()
    assert credentials.get("other").token() == TOKEN
    with pytest.raises(QueryDenied, match="credential 'default' is not in the scaler's configuration"):
        credentials.get("default")
    written(tmp_path, "broken: [")
    credentials.refresh()
    credentials.refresh()
    (tmp_path / "credentials.yaml").unlink()
    credentials.refresh()
    assert credentials.get("other").token() == TOKEN
    path = tmp_path / "credentials.yaml"
    assert [record.getMessage() for record in caplog.records] == [
        "credentials read anew: other",
        f"the changed credentials are not used: {path} is not a readable YAML file: ParserError",
        f"the changed credentials are not used: {path} is not a readable YAML file: FileNotFoundError",
    ]
