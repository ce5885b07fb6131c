"""Which programs the control plane is made of, what pins them, and where each one is found."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane.errors import BuildError

MODULES = Path(__file__).parent / "modules"
BUILD_FLAGS = ("-trimpath", "-buildvcs=false")


@dataclass(frozen=True)
class Program:
    """One Go program: `package` as pinned by modules/`module_set`/go.mod."""

    name: str
    module_set: str
    package: str
    seconds: int  # of a build with empty Go caches on two idle cores, in the order of PROGRAMS


PROGRAMS = (
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", 40),
    Program("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", 300),
    Program("kube-scheduler", "kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", 40),
    Program("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", 25),
    Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok", 60),
)


class Programs:
    """Where the programs are: in `assets` (KUBEBUILDER_ASSETS, as envtest has it) or in `cache`."""

    def __init__(self, cache: Path, assets: Path | None = None) -> None:
        self._cache = cache
        self._assets = assets

    @classmethod
    def of(cls, cache: Path, environ: Mapping[str, str]) -> "Programs":
        """Read KUBEBUILDER_ASSETS from `environ`."""
        assets = environ.get("KUBEBUILDER_ASSETS")
        return cls(cache, Path(assets) if assets else None)

    def path(self, name: str) -> Path:
        """Return the binary of one program.

        Raises:
            BuildError: it has not been built yet.

        """
        program = next(program for program in PROGRAMS if program.name == name)
        found = self.target(program)
        if not found.exists():
            raise BuildError(f"{found} is not built. Run: .venv/bin/python -m tests.controlplane.build")
        return found

    def target(self, program: Program) -> Path:
        """Return where `program` is, or will be once it is built."""
        if self._assets and (self._assets / program.name).exists():
            return self._assets / program.name
        return self._cache / "programs" / f"{program.module_set}-{fingerprint(program.module_set)}" / program.name

    def missing(self) -> list[Program]:
        """Return what is still to be built."""
        return [program for program in PROGRAMS if not self.target(program).exists()]


def fingerprint(module_set: str) -> str:
    """Return a hash of the pins and of how the set is built; a changed pin so builds anew."""
    digest = hashlib.sha256(repr((BUILD_FLAGS, linker_flags(module_set))).encode())
    for file in ("go.mod", "go.sum"):
        digest.update((MODULES / module_set / file).read_bytes())
    return digest.hexdigest()[:12]


def linker_flags(module_set: str) -> str:
    """Return -ldflags: no debug symbols, and for Kubernetes the version, which the API server tells."""
    if module_set != "kubernetes":
        return "-s -w"
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamp.items())])


def kubernetes_version() -> str:
    """Return the version that go.mod pins, such as v1.37.2."""
    pins = (MODULES / "kubernetes" / "go.mod").read_text()
    found = re.search(r"^\s+k8s\.io/kubernetes (v\S+)", pins, re.MULTILINE)
    if not found:
        raise BuildError(f"{MODULES}/kubernetes/go.mod pins no k8s.io/kubernetes")
    return found[1]
