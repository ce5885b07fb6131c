"""The command line of each program."""

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Served:
    """A TLS server on loopback: its port, certificate and key."""

    port: int
    certificate: Path
    key: Path

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"https://{LOOPBACK}:{self.port}"

    @property
    def flags(self) -> list[str]:
        """The flags that every Kubernetes server has for this."""
        return [
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self.port}",
            f"--tls-cert-file={self.certificate}",
            f"--tls-private-key-file={self.key}",
        ]


def etcd(program: Path, port: int, data: Path) -> list[str | Path]:
    """Return etcd without fsync: what it holds may be lost with the machine, and only then."""
    url = f"http://{LOOPBACK}:{port}"
    return [
        program,
        f"--data-dir={data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls=http://{LOOPBACK}:0",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def kube_apiserver(
    program: Path, served: Served, etcd_port: int, authority: Path, service_accounts: Path
) -> list[str | Path]:
    """Return an API server with RBAC and tokens; `service_accounts` is the key that signs those."""
    return [
        program,
        *served.flags,
        f"--etcd-servers=http://{LOOPBACK}:{etcd_port}",
        f"--client-ca-file={authority}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={service_accounts}",
        f"--service-account-signing-key-file={service_accounts}",
        "--allow-privileged=true",
        # Loopback is no address for the endpoints of the Service `kubernetes`, which nobody needs here.
        f"--advertise-address={LOOPBACK}",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/24",
    ]


def kube_scheduler(program: Path, served: Served, kubeconfig: Path, config: Path) -> list[str | Path]:
    """Return a scheduler that asks the API server who may see its metrics."""
    delegated = [f"--authentication-kubeconfig={kubeconfig}", f"--authorization-kubeconfig={kubeconfig}"]
    return [program, *served.flags, *delegated, f"--config={config}"]


def kwok(program: Path, port: int, kubeconfig: Path, stages: Path, node_label: str) -> list[str | Path]:
    """Return KWOK for the nodes with `node_label`, such as a=b; it does with their pods what `stages` say."""
    return [
        program,
        f"--server-address={LOOPBACK}:{port}",
        f"--kubeconfig={kubeconfig}",
        f"--config={stages}",
        f"--manage-nodes-with-label-selector={node_label}",
        "--cidr=10.100.0.0/16",
        "--node-ip=10.100.0.1",
        "--node-lease-duration-seconds=0",
    ]
