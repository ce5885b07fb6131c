"""The image for those without func: what the Dockerfile copies is there, is let through, and is all that runs in it."""

import ast
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.config.rendering import CONFIG, ROOT

LINES = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
COPIES = {match[1]: match[2] for line in LINES if (match := re.fullmatch(r"COPY (\S+) (\S+)", line))}
"""What lies here -> what it is called in the image."""

PINS = "requirements/framework.txt"
PACKAGES = sorted(source for source in COPIES if source != PINS)
OF_FUNC = {"hypercorn"}
"""Imported under func's runtime only."""

IMPORT_ALL = """
import importlib, json, pkgutil, sys
sys.path[:0] = sys.argv[1:]
found = pkgutil.walk_packages([sys.argv[1]])
print(json.dumps(sorted(importlib.import_module(it.name).__file__ for it in found)))
"""


def instruction(name: str) -> str:
    """What stands behind the one instruction of a name."""
    (found,) = (line.partition(" ")[2] for line in LINES if line.startswith(f"{name} "))
    return found


def test_the_distributions_packages_and_the_pins_are_copied() -> None:
    """Under the names that they have here: no package is forgotten, none is another's."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {PINS: "/requirements.txt", **{name: name for name in wheel["packages"]}} == COPIES


def test_nothing_else_is_sent_to_the_builder() -> None:
    """.dockerignore keeps all out but what is copied."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored == ["*", *(f"!{name}" for name in (*PACKAGES, PINS)), "**/__pycache__"]


def test_every_module_can_be_imported_from_the_copies(tmp_path: Path) -> None:
    """Without the rest of the repository, and without a variable but the history's place."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    # -I and -S: neither this folder nor the environment's .pth files lead to the repository.
    command = [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(tmp_path), sysconfig.get_path("purelib")]
    done = subprocess.run(
        command, env={"HOOKRUNNER_HISTORY": "memory:"}, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert not done.returncode, done.stderr
    assert json.loads(done.stdout) == sorted(map(str, tmp_path.rglob("*.py")))


def test_what_is_imported_is_pinned() -> None:
    """Each distribution that any module imports, at its start or later, and the one that serves, is in the pins."""
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / PINS).read_text(), re.MULTILINE))
    providers = importlib.metadata.packages_distributions()
    imported = set.union(*map(_imports, (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))))
    others = imported - sys.stdlib_module_names - set(PACKAGES) - OF_FUNC
    assert [name for name in sorted(others) if not pinned & set(map(_normalised, providers.get(name, [])))] == []
    assert json.loads(instruction("CMD"))[0] in pinned


@pytest.mark.parametrize("name", ["informer", "scaler"])
def test_other_commands_of_the_image_are_there(name: str) -> None:
    """The Deployments run a package of the image as a module."""
    deployment = yaml.safe_load((CONFIG / "components" / name / "deployment.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    *interpreter, module = container["command"]
    assert (container["image"], interpreter) == ("hookrunner", ["python", "-m"])
    assert module in PACKAGES
    assert (ROOT / module / "__main__.py").is_file()


def test_the_user_is_a_number() -> None:
    """A kubelet that is told runAsNonRoot, and no number, refuses a user by name."""
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instruction("USER"))


def _imports(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


def _normalised(distribution: str) -> str:
    """A distribution's name as the pins write it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
