"""How the cluster is reached: command lines, by environment. `make e2e` sets them (scripts/e2e.sh)."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The command lines of kubectl, kn and func, where images are pushed, and the overlay of config/."""

    kubectl: tuple[str, ...]
    kn: tuple[str, ...]
    func: tuple[str, ...]
    registry: str
    overlay: str


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` holds."""

    def command(name: str, default: str) -> tuple[str, ...]:
        return tuple(shlex.split(environ.get(name, "") or default))

    return Settings(
        kubectl=command("KUBECTL", "kubectl"),
        kn=command("KN", "kn"),
        func=command("FUNC_CLI", "func"),
        registry=environ.get("REGISTRY", ""),
        overlay=environ.get("OVERLAY", "") or "default",
    )
