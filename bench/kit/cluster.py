"""A real API server with everything that is compared behind it, each in a namespace of its own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.kit import corpus, servers
from bench.kit.alike import same_affinity
from bench.kit.history import history
from bench.kit.lab import Lab
from bench.kit.load import Load
from bench.kit.servers import Server, Setting, serving
from tests.controlplane.cache import cache_folder
from tests.controlplane.cluster import ADMIN_GROUP, ControlPlane
from tests.controlplane.namespaces import create_namespace
from tests.controlplane.programs import Programs
from tests.controlplane.webhooks import Webhook, Webhooks

NONE, POLICY = "no webhook", "CEL policy"
ALL = (NONE, POLICY, *servers.ALL)
_POLICY = Path(__file__).parents[1] / "peers" / "policy" / "policy.yaml"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@dataclass(frozen=True)
class Compared:
    """What is compared: pods that are created in a variant's namespace go through that variant."""

    plane: ControlPlane
    client: tuple[Path, Path]
    lab: Lab
    webhooks: Mapping[str, Server]

    def load(self, pod: corpus.Json) -> Load:
        """A load generator that creates `pod`, as an administrator."""
        path = self.lab.folder / f"pod-{corpus.length(pod)}.json"
        path.write_bytes(corpus.encoded(pod))
        return Load(self.lab.peers / "load", path, self.plane.folder / "ca.crt", self.client)

    def url(self, variant: str) -> str:
        """Where a pod of this variant is created, by dry run: it is admitted as any other, and not stored.

        What etcd's disk does now and then takes longer than a webhook: with it, two runs' p99 have nothing in common.
        """
        return f"{self.plane.server}{self.path(variant)}?dryRun=All"

    def cpu_seconds(self, variant: str) -> float:
        """CPU time of the webhook of this variant so far; of what runs inside the API server we know none."""
        return self.webhooks[variant].cpu_seconds if variant in self.webhooks else 0.0

    def path(self, variant: str) -> str:
        """The pods of this variant."""
        return f"/api/v1/namespaces/{_namespace(variant)}/pods"

    def affinity(self, variant: str) -> corpus.Json:
        """The affinity that a pod is given by this variant."""
        created = self.plane.kube.create(self.path(variant), corpus.pod(11_000), dryRun="All")
        found: corpus.Json = created["spec"].get("affinity", {})
        return found


@contextmanager
def compared(lab: Lab, keys: int = 10) -> Iterator[Compared]:
    """All variants, ready: each has been seen to place a pod alike. There is no scheduler: only admission is timed.

    They place by a history of `keys` keys.
    """
    folder = lab.folder / f"plane-{keys}"
    folder.mkdir()
    with ControlPlane(Programs.of(cache_folder(os.environ), os.environ), folder) as plane:
        plane.scheduler.kill()
        _prepare(plane, lab, keys)
        with serving(servers.ALL, _setting(plane, lab)) as running:
            _install(plane, running)
            found = Compared(plane, plane.authority.user("bench", ADMIN_GROUP).write(folder, "bench"), lab, running)
            same_affinity(ALL[1:], found.affinity)
            yield found


def _setting(plane: ControlPlane, lab: Lab) -> Setting:
    certificate, key = plane.authority.server().write(plane.folder, "webhook")
    access = {"KUBECONFIG": str(plane.kubeconfig())}
    return Setting(lab.peers, lab.folder / "history.json", access, plane.folder, certificate, key)


def _install(plane: ControlPlane, running: Mapping[str, Server]) -> None:
    webhooks = Webhooks(plane.kube, plane.authority.certificate)
    for name, server in running.items():
        webhook = Webhook(_namespace(name), server.url, _namespace(name), timeout_seconds=10)
        webhooks.install(webhook, corpus.pod(11_000))


def _prepare(plane: ControlPlane, lab: Lab, keys: int) -> None:
    data = history(keys)
    (lab.folder / "history.json").write_bytes(corpus.encoded(data))
    for name in ("hookrunner", *map(_namespace, ALL)):
        create_namespace(plane.kube, name)
    body = {"metadata": {"name": "hookrunner-history"}, "data": data}
    plane.kube.create("/api/v1/namespaces/hookrunner/configmaps", body)
    for manifest, resource in zip(
        yaml.safe_load_all(_POLICY.read_text()),
        ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"),
        strict=True,
    ):
        plane.kube.create(f"{_ADMISSION}/{resource}", manifest)


def _namespace(variant: str) -> str:
    words = {POLICY: "policy", NONE: "none", servers.BOOK: "book", servers.JSON: "json", servers.TUNED: "tuned"}
    return f"bench-{words.get(variant, variant)}"
