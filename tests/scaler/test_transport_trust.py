"""One call: whom it trusts with the token, by redirects and by certificates."""

import contextlib
import json
from pathlib import Path

import pytest

from function.errors import GitLabRefused, GitLabUnavailable
from scaler.transport import Question, Transport
from tests.gitlab.certificates import Authority
from tests.gitlab.fixtures import Served
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.scaler.calling import ASK, TOKEN
from tests.scaler.conftest import Connect


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://127.0.0.1:1/x", "'https://127.0.0.1:1'"),
        ("http://gitlab.example.com/?private_token=stolen", "'http://gitlab.example.com'"),
        ("//gitlab.example.com/x", "'http://gitlab.example.com'"),
        ("http://localhost.evil.example/x", "'http://localhost.evil.example'"),
    ],
)
def test_redirect_to_another_host(connect: Connect, gitlab: Served, location: str, message: str) -> None:
    """A redirect to another host, port or scheme is not followed; the error says where it leads."""
    gitlab.gitlab.faults.redirect(location)
    with pytest.raises(GitLabRefused) as caught:
        connect(gitlab).call(ASK)
    assert str(caught.value) == (
        f"GitLab redirects to {message}: the token does not go there; give GitLab's own address as gitlabUrl"
    )


def test_token_does_not_follow_a_redirect(connect: Connect, gitlab: Served) -> None:
    """The other host, a second GitLab here, is never called at all."""
    other = GitLab()
    with serve(other) as url:
        gitlab.gitlab.faults.redirect(f"{url}/api/v4/version")
        with pytest.raises(GitLabRefused):
            connect(gitlab).call(ASK)
    assert other.record.calls == []


def test_redirect_on_the_same_host(connect: Connect, gitlab: Served) -> None:
    """A moved project, say: followed, with the token."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/metadata", "version$")
    assert json.loads(connect(gitlab).call(ASK).body)["enterprise"] is True


def test_redirects_in_circles(connect: Connect, gitlab: Served) -> None:
    """A loop ends."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/version")
    with pytest.raises(GitLabRefused, match="redirects GET /api/v4/version in circles"):
        connect(gitlab).call(ASK)


def test_redirected_post(connect: Connect, gitlab: Served) -> None:
    """A POST that is redirected would become a GET: refused."""
    gitlab.gitlab.faults.redirect(f"{gitlab.url}/api/v4/version", "graphql$")
    with pytest.raises(GitLabRefused, match="redirects POST /api/graphql: give its final gitlabUrl"):
        connect(gitlab).call(Question("/api/graphql", 5.0, body={"query": "{ currentUser { id } }"}))


def test_ca_file(tmp_path: Path, authority: Authority) -> None:
    """With its CA, the certificate is trusted; without, or with another, the error says why and what to give."""
    fake = GitLab()
    fake.instance.add_token(fake.token.user, TOKEN)
    errors = []
    with serve(fake, tls=authority.good()) as url:
        with contextlib.closing(Transport(url, lambda: TOKEN, str(authority.file))) as trusting:
            trusting.call(ASK)
        for verify in (True, str(Authority(tmp_path / "other").file)):
            with pytest.raises(GitLabRefused) as caught:
                Transport(url, lambda: TOKEN, verify).call(ASK)
            errors.append(str(caught.value))
        insecure = contextlib.closing(Transport(url, lambda: TOKEN, verify=False))
        with insecure as careless, pytest.warns(match="Unverified HTTPS"):
            careless.call(ASK)
    why = "unable to get local issuer certificate"
    assert errors == [f"the certificate of {url} is not trusted: {why}; give its CA as caFile"] * 2
    assert [call.status for call in fake.record.calls] == [200, 200]


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        ("expired", "certificate has expired"),
        ("other_host", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_bad_certificate(connect: Connect, authority: Authority, identity: str, why: str) -> None:
    """An expired certificate, and one of another host: a clear error."""
    fake = GitLab()
    with serve(fake, tls=getattr(authority, identity)()) as url, pytest.raises(GitLabRefused) as caught:
        connect(Served(fake, url), verify=str(authority.file)).call(ASK)
    assert str(caught.value) == f"the certificate of {url} is not trusted: {why}; give its CA as caFile"
    assert fake.record.calls == []


def test_ca_file_that_is_none(connect: Connect, tmp_path: Path, authority: Authority) -> None:
    """A CA file that holds no certificate, or is gone: the error names it and says what to do."""
    empty, gone = tmp_path / "empty.pem", tmp_path / "gone.pem"
    empty.write_text("no certificate")
    errors = []
    with serve(GitLab(), tls=authority.good()) as url:
        for verify in (empty, gone):
            with pytest.raises(GitLabRefused) as caught:
                connect(Served(GitLab(), url), verify=str(verify)).call(ASK)
            errors.append(str(caught.value))
    assert errors == [
        f"caFile: '{empty}' holds no certificate: it must be a PEM file with the CA of GitLab's certificate",
        f"caFile: '{gone}' cannot be read: No such file or directory; mount it into the scaler's CA folder",
    ]


def test_no_tls_there(connect: Connect, gitlab: Served) -> None:
    """A port that speaks plain HTTP, asked over TLS."""
    with pytest.raises(GitLabUnavailable, match=r"TLS with https://127\.0\.0\.1:"):
        connect(Served(gitlab.gitlab, gitlab.url.replace("http:", "https:"))).call(ASK)
