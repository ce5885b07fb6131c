"""One control plane with everything of ours on it, and the means to harm each part."""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from bench.faults.deployed import make_history, make_lease, make_rights
from bench.faults.front import Front
from bench.faults.proxy import Proxy
from bench.faults.truth import Binding, Verdict, bindings_in, compare
from tests.controlplane.client import Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.errors import ApiError
from tests.controlplane.kubeconfig import token_user, write_kubeconfig
from tests.controlplane.namespaces import create_namespace
from tests.controlplane.nodes import Nodes
from tests.controlplane.options import Options
from tests.controlplane.programs import Programs
from tests.informer.processes import InformerProcess
from tests.support.functions import FunctionProcess
from tests.support.waiting import wait_until

OURS = "hookrunner"
JOBS = "jobs"
HISTORY = f"/api/v1/namespaces/{OURS}/configmaps/hookrunner-history"
LEASE = "hookrunner-informer"
NODES = 5


@dataclass(frozen=True)
class Parts:
    """What a fault needs: how many of each, and their settings; `{folder}` in one is a folder of the world's own."""

    informers: int = 1
    records: int = 1
    informer: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)
    proxied: bool = False
    """Whether a proxy, `posting`, stands between the informer and the front."""


class World:
    """A context manager. The informers watch through `watching`, post to `front`; `record` writes through `storing`.

    Each is the ServiceAccount that it is where it is deployed, with its rights.
    """

    def __init__(self, programs: Programs, parts: Parts) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        plane = self.folder / "plane"
        plane.mkdir()
        self.plane = ControlPlane(programs, plane, Options(audit=True))
        self.kube = self.plane.kube
        self.parts = parts
        self.front = Front()
        self.informers: list[InformerProcess] = []
        self.records: list[FunctionProcess] = []
        self.nodes: list[str] = []

    def __enter__(self) -> Self:
        """Starts everything; nothing is harmed yet."""
        self.plane.start()
        port = urlsplit(self.plane.server).port or 0
        nobody = self.plane.authority.client_context(self.folder)  # who asks is told by the token that passes through
        self.watching, self.storing = Proxy(port, nobody), Proxy(port, nobody)
        self.posting = Proxy(urlsplit(self.front.url).port or 0)
        for name in (OURS, JOBS):
            create_namespace(self.kube, name)
        for make in (make_rights, make_lease, make_history):
            make(self.kube)
        self.nodes = Nodes(self.kube).add(NODES, pods="5000")
        self._start_records()
        self._start_informers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends everything, and removes what it wrote."""
        for informer in self.informers:
            informer.kill()
        for record in self.records:
            record.kill()
        for proxy in (self.watching, self.storing, self.posting):
            proxy.close()
        self.front.down()
        self.plane.stop()
        shutil.rmtree(self.folder)

    def heal(self) -> None:
        """Mends all that faults may have broken, but what they made in the cluster."""
        for each in (self.watching, self.storing, self.posting, self.front):
            each.heal()

    def kubeconfig(self, proxy: Proxy, name: str) -> Path:
        """A kubeconfig of the ServiceAccount `name`, that leads through a proxy."""
        return write_kubeconfig(
            self.folder / f"{name}.kubeconfig",
            proxy.url,
            self.plane.authority.certificate,
            token_user(self.plane.token(OURS, name)),
        )

    @property
    def token_file(self) -> Path:
        """Where the informer looks for its token, if it is told to."""
        return self.folder / "token"

    def history(self) -> dict[str, str]:
        """The ConfigMap's data; empty if it is not there."""
        try:
            data: dict[str, str] = self.kube.get(HISTORY).get("data", {})
        except ApiError:
            return {}
        return data

    def wait_history(self) -> None:
        """Waits until something is recorded."""
        wait_until(lambda: bool(self.history()), "something is recorded", 30)

    def bindings(self) -> list[Binding]:
        """What happened, by the audit log."""
        return bindings_in(self.plane.folder / "audit.log")

    def settle(
        self, expected: Callable[[], list[Binding]], seconds: float, others: Collection[str] = ()
    ) -> tuple[Verdict, float]:
        """Waits until the history is whole but for the keys `others`; what it then holds, and after how long."""
        started = time.monotonic()
        verdict = compare(expected(), self.history(), others)
        while not verdict.whole and time.monotonic() - started < seconds:
            time.sleep(0.2)
            verdict = compare(expected(), self.history(), others)
        return verdict, time.monotonic() - started

    def _notes(self) -> Json:
        """The annotations of the informers' Lease."""
        lease = self.kube.get(f"/apis/coordination.k8s.io/v1/namespaces/{OURS}/leases/{LEASE}")
        notes: Json = lease["metadata"].get("annotations", {})
        return notes

    def leader(self) -> InformerProcess:
        """The informer that leads; waits until there is one."""
        leaders: list[InformerProcess] = []

        def look() -> bool:
            running = (informer for informer in self.informers if informer.is_running())
            leaders.extend(one for one in running if one.metric("hookrunner_informer_leader"))
            return bool(leaders)

        wait_until(look, "an informer leads", 60)
        return leaders[0]

    def _settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {name: value.format(folder=self.folder) for name, value in settings.items()}

    def _start_records(self) -> None:
        kubeconfig = self.kubeconfig(self.storing, "record")
        environ = {
            "KUBECONFIG": str(kubeconfig),
            "HOOKRUNNER_HISTORY": f"configmap:{OURS}/hookrunner-history",
            **self._settings(self.parts.record),
        }
        for number in range(self.parts.records):
            process = FunctionProcess("functions-framework", "record", environ, self.folder / f"record-{number}.log")
            self.records.append(process)
            process.launch()
        for process in self.records:
            process.wait_ready()
        self.front.targets = [process.url for process in self.records]

    def _start_informers(self) -> None:
        kubeconfig = self.kubeconfig(self.watching, "informer")
        for number in range(self.parts.informers):
            name = f"informer-{number}"
            log = self.folder / f"{name}.log"
            sink = self.posting.url if self.parts.proxied else self.front.url
            process = InformerProcess(
                kubeconfig, sink, f"{OURS}/{LEASE}", log, name, **self._settings(self.parts.informer)
            )
            self.informers.append(process)
            process.start()
        self.leader()
        wait_until(lambda: "hookrunner.dev/delivered-pods" in self._notes(), "a first position is written", 30)
