"""What a figure was measured of: the commit, and the versions of what took part."""

import subprocess
from importlib import metadata
from pathlib import Path

from bench.kit.servers import ROOT
from tests.controlplane.toolchain import pinned_series

_FRAMEWORK = ("functions-framework", "gunicorn", "uvicorn", "uvloop", "httptools", "msgspec", "kubernetes")
_FUNC = ("func-python", "hypercorn", "h11", "msgspec", "kubernetes")
_SCALER = ("grpcio", "protobuf", "python-gitlab")
_PEERS = ("k8s.io/api", "github.com/bytedance/sonic")


def commit(root: Path = ROOT) -> str:
    """The commit that is checked out, with `-dirty` where files differ from it."""
    command = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def versions() -> dict[str, dict[str, str]]:
    """Environment -> program or module -> version."""
    return {
        "functions-framework": _installed(_FRAMEWORK, ROOT / ".venv"),
        "func": _installed(_FUNC, ROOT / ".venv-func"),
        "scaler": _installed(_SCALER, ROOT / ".venv"),
        "Go": {"go": pinned_series()} | required((ROOT / "bench/peers/go.mod").read_text(), _PEERS),
        "control plane": _pinned("kubernetes", "k8s.io/kubernetes") | _pinned("etcd", "go.etcd.io/etcd/server/v3"),
    }


def required(text: str, modules: tuple[str, ...]) -> dict[str, str]:
    """What a go.mod asks for of `modules`."""
    lines = [line.removeprefix("require").split() for line in text.splitlines()]
    return {words[0]: words[1] for words in lines if len(words) > 1 and words[0] in modules}


def _pinned(folder: str, module: str) -> dict[str, str]:
    return required((ROOT / "tests/controlplane/modules" / folder / "go.mod").read_text(), (module,))


def _installed(names: tuple[str, ...], environment: Path) -> dict[str, str]:
    folders = map(str, environment.glob("lib/python*/site-packages"))
    found = {one.name.replace("_", "-"): one.version for one in metadata.distributions(path=list(folders))}
    return {name: found[name] for name in names if name in found}
