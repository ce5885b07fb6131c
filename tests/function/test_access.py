"""The ways to the API server: a pod's ServiceAccount over real TLS, and kubeconfig files."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from function.access import access
from function.errors import ApiUnavailable, SettingError
from function.kubeapi import KubeApi
from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.pki import Authority

OUTSIDE = "outside a cluster, name a kubeconfig file in KUBECONFIG"


@pytest.fixture
def authority() -> Authority:
    """Who signs the server's certificate."""
    return Authority()


@pytest.fixture
def environ(authority: Authority, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a pod is told of an HTTPS server that answers with the Authorization header that it got."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.server().write(tmp_path, "server"))
    server = HTTPServer(("127.0.0.1", 0), _Echo)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield pod("127.0.0.1", str(server.server_port), tmp_path)
    server.shutdown()
    thread.join()
    server.server_close()


def pod(host: str, port: str, folder: Path) -> dict[str, str]:
    """A pod's environment."""
    return {
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": port,
        "HOOKRUNNER_SERVICE_ACCOUNT": str(folder),
    }


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.headers.get("Authorization", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def account(folder: Path, authority: Authority, token: str) -> None:
    """The folder as the kubelet fills it."""
    (folder / "token").write_text(token)
    (folder / "ca.crt").write_bytes(authority.certificate)


def test_each_request_has_the_token_of_now(environ: dict[str, str], authority: Authority, tmp_path: Path) -> None:
    """The kubelet writes a new token into the file long before the old one expires."""
    account(tmp_path, authority, "first\n")
    api = KubeApi(access(None, environ))
    first = api.call("GET", "/x")
    (tmp_path / "token").write_text("second\n")
    second = api.call("GET", "/x")
    api.close()
    assert (first, second) == (b"Bearer first", b"Bearer second")


def test_a_token_that_is_gone(environ: dict[str, str], authority: Authority, tmp_path: Path) -> None:
    """For the moment in which the file is not there, the API server counts as away."""
    account(tmp_path, authority, "first\n")
    api = KubeApi(access(None, environ))
    (tmp_path / "token").unlink()
    with pytest.raises(ApiUnavailable, match=r"GET /x: no answer from the API server \(FileNotFoundError\)"):
        api.call("GET", "/x")


def test_another_authority_is_not_trusted(environ: dict[str, str], tmp_path: Path) -> None:
    """The token is not sent to who cannot prove to be the API server."""
    account(tmp_path, Authority(), "first")
    with pytest.raises(ApiUnavailable, match="no answer from the API server"):
        KubeApi(access(None, environ)).call("GET", "/x")


def test_a_real_api_server_knows_us(controlplane: ControlPlane, kube: Kube, namespace: str, tmp_path: Path) -> None:
    """By the token that it gives a ServiceAccount, over its own TLS."""
    kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "function"}})
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/function/token", asked)["status"]["token"]
    account(tmp_path, controlplane.authority, token)
    host, _, port = controlplane.server.removeprefix("https://").rpartition(":")
    environ = pod(host, port, tmp_path)
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    api = KubeApi(access(None, environ))
    answer = api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
    api.close()
    assert f'"username":"system:serviceaccount:{namespace}:function"'.encode() in answer


def test_an_ipv6_address_is_bracketed(authority: Authority, tmp_path: Path) -> None:
    """As a URL wants it."""
    account(tmp_path, authority, "first")
    assert access(None, pod("fd00::1", "443", tmp_path)).server == "https://[fd00::1]:443"


KUBECONFIG = """
current-context: it
contexts: [{name: it, context: {cluster: it, user: it}}]
users: [{name: it, user: {token: t}}]
clusters: [{name: it, cluster: {server: "https://elsewhere.example.com:6443"}}]
"""


@pytest.mark.parametrize("by", ["argument", "KUBECONFIG"])
def test_a_kubeconfig_goes_first(environ: dict[str, str], tmp_path: Path, by: str) -> None:
    """However it is named; a pod's own ServiceAccount is not looked at then."""
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    found = access(path, environ) if by == "argument" else access(None, environ | {"KUBECONFIG": str(path)})
    assert (found.server, found.authorization()) == ("https://elsewhere.example.com:6443", "Bearer t")


NOWHERE = "this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set"


@pytest.mark.parametrize(
    ("files", "port", "why"),
    [
        pytest.param({"token": "t", "ca.crt": ""}, "", NOWHERE, id="no pod"),
        pytest.param({}, "443", "[Errno 2] No such file or directory: '{}/token'", id="no ServiceAccount"),
        pytest.param({"token": "t"}, "443", "[Errno 2] No such file or directory", id="no authority"),
        pytest.param(
            {"token": "t", "ca.crt": "x"}, "443", "no certificate or crl found", id="an authority that is no PEM"
        ),
        pytest.param({"token": "tök€n"}, "443", "'ascii' codec can't decode", id="a token that is none"),
    ],
)
def test_no_pod(tmp_path: Path, files: dict[str, str], port: str, why: str) -> None:
    """One line says what is missing, and what to do elsewhere; the token is not told."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SettingError) as caught:
        access(None, pod("10.96.0.1", port, tmp_path))
    assert why.format(tmp_path) in str(caught.value)
    assert str(caught.value).endswith(OUTSIDE)
    assert "tök" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(None, "Invalid kube-config file. No configuration found.", id="missing"),
        pytest.param("{}", "Invalid kube-config file. Expected key current-context in {path}", id="empty"),
        pytest.param(
            "a: [",
            (
                "while parsing a flow node expected the node content, but found '<stream end>' "
                'in "{path}", line 1, column 5'
            ),
            id="no YAML",
        ),
        pytest.param("[]", "list indices must be integers or slices, not str", id="a list"),
    ],
)
def test_no_way_in(tmp_path: Path, content: str | None, what: str) -> None:
    """A kubeconfig that cannot be used is a setting that is wrong: one line says which and why."""
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingError) as caught:
        access(path, {})
    assert str(caught.value) == f"cannot use the kubeconfig {path}: {what.format(path=path)}; {OUTSIDE}"
