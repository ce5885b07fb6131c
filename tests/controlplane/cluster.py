"""The control plane: etcd, API server, scheduler and, if wanted, KWOK, on loopback ports of their own."""

import json
import shutil
import ssl
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.controlplane import commands, etcd_api
from tests.controlplane.client import Json, Kube
from tests.controlplane.commands import Served
from tests.controlplane.kubeconfig import certificate_user, token_user, write_kubeconfig
from tests.controlplane.nodes import MADE_HERE
from tests.controlplane.options import Options, write_audit_policy, write_scheduler_config
from tests.controlplane.pki import Authority
from tests.controlplane.processes import Process
from tests.controlplane.programs import Programs
from tests.controlplane.readiness import http_ready
from tests.support.ports import free_port

ADMIN_GROUP = "system:masters"
_STAGES = Path(__file__).with_name("kwok_stages.yaml")


class ControlPlane:
    """One control plane; everything it writes is under `folder`, logs as `<program>.log`.

    Use it as a context manager, or `start` and `stop` it. `etcd`, `apiserver`, `scheduler` and `kwok` are
    `Process`es to kill and start again: they keep their ports and data.
    """

    def __init__(self, programs: Programs, folder: Path, options: Options | None = None) -> None:
        self.folder = folder
        self.authority = Authority()
        self._programs = programs
        self._options = options or Options()
        self._clients = ExitStack()
        self._audit_log = folder / "audit.log"
        self._etcd_port = free_port()
        self._served = self._serve("kube-apiserver")
        self._scheduler_served = self._serve("kube-scheduler")
        self._admin = self.authority.user("test-admin", ADMIN_GROUP)
        self.context = self.authority.client_context(folder, self._admin)
        self.kube = self._clients.enter_context(Kube(self.server, self.context))
        self.etcd = self._etcd()
        self.apiserver = self._apiserver()
        self.scheduler = self._scheduler()
        self.kwok = self._kwok() if self._options.kwok else None

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self._served.url

    @property
    def scheduler_url(self) -> str:
        """The scheduler's URL, of its metrics and health."""
        return self._scheduler_served.url

    @property
    def etcd_url(self) -> str:
        """Etcd's URL for clients; no TLS, no password."""
        return f"http://{commands.LOOPBACK}:{self._etcd_port}"

    def start(self) -> None:
        """Start every program and wait until each is ready.

        Raises:
            StartError: one was not; the others are ended.

        """
        try:
            for process in self._processes():
                process.start()
        except BaseException:  # Ctrl-C too
            self.stop()
            raise

    def stop(self) -> None:
        """End every program and remove etcd's data; logs stay."""
        for process in reversed(self._processes()):
            process.kill()
        self._clients.close()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def kubeconfig(self, user: str = "test-admin", group: str | None = ADMIN_GROUP) -> Path:
        """Write a kubeconfig for a user with a client certificate, by default an administrator."""
        pair = self.authority.user(user, group)
        return self._kubeconfig(user, certificate_user(pair))

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """Write a kubeconfig with a token of a ServiceAccount, valid for the API server and for an hour."""
        return self._kubeconfig(f"{namespace}.{name}", token_user(self.token(namespace, name)))

    def token(self, namespace: str, name: str, audience: str | None = None, seconds: int = 3600) -> str:
        """Issue a ServiceAccount's token by TokenRequest, for `audience` or else for the API server."""
        spec: Json = {"expirationSeconds": seconds, "audiences": [audience] if audience else []}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        token: str = self.kube.create(path, body)["status"]["token"]
        return token

    def client(self, token: str) -> Kube:
        """Return a client that shows a bearer token."""
        context = self.authority.client_context(self.folder)
        return self._clients.enter_context(Kube(self.server, context, token))

    def compact(self) -> int:
        """Compact etcd up to its present revision, and return that.

        The API server still serves older revisions out of its watch cache; restart it, and a watch from
        one of them gets 410.
        """
        return etcd_api.compact(self.etcd_url)

    def audit_events(self) -> list[Json]:
        """Return what the audit log holds (`Options.audit`): every create of a pod or binding so far."""
        return [json.loads(line) for line in self._audit_log.read_text().splitlines()]

    def _processes(self) -> list[Process]:
        always = [self.etcd, self.apiserver, self.scheduler]
        return [*always, self.kwok] if self.kwok else always

    def _etcd(self) -> Process:
        command = commands.etcd(self._programs.path("etcd"), self._etcd_port, self.folder / "etcd")
        return self._process("etcd", command, f"{self.etcd_url}/readyz", True)

    def _apiserver(self) -> Process:
        authority = self.folder / "ca.crt"
        authority.write_bytes(self.authority.certificate)
        _, signing_key = self.authority.user("service-accounts").write(self.folder, "service-accounts")
        program = self._programs.path("kube-apiserver")
        command = commands.kube_apiserver(program, self._served, self._etcd_port, authority, signing_key)
        if self._options.audit:
            policy = write_audit_policy(self.folder / "audit-policy.json")
            command += [f"--audit-policy-file={policy}", f"--audit-log-path={self._audit_log}"]
        return self._process("kube-apiserver", command, f"{self.server}/readyz", self.context)

    def _scheduler(self) -> Process:
        served = self._scheduler_served
        kubeconfig = self.kubeconfig("system:kube-scheduler", None)
        config = write_scheduler_config(self.folder / "scheduler.json", kubeconfig, self._options.scheduler_config)
        command = commands.kube_scheduler(self._programs.path("kube-scheduler"), served, kubeconfig, config)
        return self._process("kube-scheduler", command, f"{served.url}/readyz", self.context)

    def _kwok(self) -> Process:
        port = free_port()
        command = commands.kwok(self._programs.path("kwok"), port, self.kubeconfig(), _STAGES, MADE_HERE)
        return self._process("kwok", command, f"http://{commands.LOOPBACK}:{port}/healthz", True)

    def _process(self, name: str, command: list[str | Path], health: str, context: ssl.SSLContext | bool) -> Process:
        return Process(name, command, self.folder / f"{name}.log", http_ready(health, context))

    def _serve(self, name: str) -> Served:
        return Served(free_port(), *self.authority.server().write(self.folder, name))

    def _kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        path = self.folder / f"{name.replace(':', '-')}.kubeconfig"
        return write_kubeconfig(path, self.server, self.authority.certificate, user)
