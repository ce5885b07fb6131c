"""How the API server is reached: with the pod's own ServiceAccount, or by a kubeconfig file.

The only importer of `kubernetes`, which reads kubeconfigs of all kinds (exec plugins, client certificates, proxies) and
costs 20 MB and a quarter of a second to import (37.0.2). A pod's ServiceAccount needs none of that: two files and two
variables, as https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ tells.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection

from function.environment import Environ, read
from function.errors import SettingError
from function.formats import file_if_any

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where the kubelet puts `token` and `ca.crt`, unless a pod says otherwise."""
_OUTSIDE = "outside a cluster, name a kubeconfig file in KUBECONFIG"
# As client-go asks for: an idle connection whose other end is gone is noticed after 30 s and three probes.
_PROBES = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 3}


@dataclass(frozen=True, slots=True)
class Access:
    """The API server's URL, the connections to it, and the Authorization header of now (empty: none is needed)."""

    server: str
    connections: urllib3.PoolManager
    authorization: Callable[[], str]


def access(kubeconfig: Path | None, environ: Environ) -> Access:
    """By `kubeconfig`, or by the one that KUBECONFIG names, or as the pod that we run in.

    HOOKRUNNER_SERVICE_ACCOUNT names the folder of the pod's ServiceAccount, if it is another than usual.

    Raises:
        SettingError: the file cannot be used, or this is no pod with a ServiceAccount.
    """
    named = kubeconfig_in(environ)
    if path := kubeconfig or named:
        return _by_kubeconfig(path)
    return _by_service_account(Path(environ.get("HOOKRUNNER_SERVICE_ACCOUNT", "") or SERVICE_ACCOUNT), environ)


def kubeconfig_in(environ: Environ) -> Path | None:
    """The file that KUBECONFIG names, if it names one.

    Raises:
        SettingError: it is not there.
    """
    return read(environ, "KUBECONFIG", "", "a kubeconfig file that is there", file_if_any)


def _by_service_account(folder: Path, environ: Environ) -> Access:
    host, port = (environ.get(f"KUBERNETES_SERVICE_{name}", "") for name in ("HOST", "PORT"))
    if not host or not port:
        raise SettingError(f"this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set; {_OUTSIDE}")
    token, authority = folder / "token", folder / "ca.crt"
    try:
        token.read_text("ascii")
        ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingError(
            f"cannot use the ServiceAccount in {folder}, which must hold token and ca.crt: {_why(error)}; {_OUTSIDE}"
        ) from None
    connections = urllib3.PoolManager(ca_certs=str(authority), socket_options=_socket_options())
    return Access(f"https://{_bracketed(host)}:{port}", connections, lambda: _token(token))


def _token(path: Path) -> str:
    """Read for each request: the kubelet writes a new token before the old one expires."""
    return f"Bearer {path.read_text('ascii', 'ignore').strip()}"


def _by_kubeconfig(path: Path) -> Access:
    from kubernetes import client, config  # noqa: PLC0415 - see above: only who needs it pays

    configuration = client.Configuration()
    try:
        config.load_kube_config(str(path), client_configuration=configuration)
    except Exception as error:  # noqa: BLE001 - a file of a person's: the client falls over it in many ways
        raise SettingError(f"cannot use the kubeconfig {path}: {_why(error)}; {_OUTSIDE}") from None
    configuration.socket_options = _socket_options()
    connections = client.ApiClient(configuration).rest_client.pool_manager
    return Access(configuration.host, connections, lambda: _bearer(configuration))


def _bearer(configuration: Any) -> str:  # noqa: ANN401 - the class is imported late
    found = configuration.auth_settings().get("BearerToken", {}).get("value")
    return str(found or "")


def _socket_options() -> list[tuple[int, int, int | bytes]]:
    mine = [
        (socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _PROBES.items() if hasattr(socket, name)
    ]
    return [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *mine]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _why(error: Exception) -> str:
    return " ".join(str(error).split())
