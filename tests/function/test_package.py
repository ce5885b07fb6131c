"""The package as others see it: what it exports, what it costs to import, and its type information."""

import subprocess
import sys
from pathlib import Path

import pytest

import function

ROOT = Path(__file__).parents[2]


def test_exports() -> None:
    """`new` is func's contract, and all that there is."""
    assert function.__all__ == ["new"]
    assert [name for name in vars(function) if not name.startswith("_") and callable(getattr(function, name))] == [
        "new"
    ]


def test_new_is_lazy() -> None:
    """The door is imported by `new`, not with the package: the informer and the scaler import the package too."""
    assert callable(function.new)
    assert "function.asgi" not in imported("function")


@pytest.mark.parametrize("package", ["function", "informer", "scaler"])
def test_type_information(package: str) -> None:
    """Type checkers of who uses the package read its annotations (PEP 561)."""
    assert (ROOT / package / "py.typed").read_text() == ""


def imported(module: str) -> set[str]:
    """The modules that importing this one alone brings in."""
    script = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    printed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, timeout=60)
    return set(printed.stdout.decode().split())


@pytest.mark.parametrize("module", ["function", "function.mutate", "function.record", "function.targets"])
def test_no_heavy_imports(module: str) -> None:
    """The Kubernetes client is imported by who calls the API server only; a file's YAML by who keeps it in a file."""
    heavy = {"kubernetes"} if module == "function.targets" else {"kubernetes", "yaml"}
    assert not heavy & imported(module)
