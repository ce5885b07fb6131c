"""Building: once, whole or not at all, and clear about what went wrong. A script stands for the Go compiler."""

import io
from pathlib import Path
from threading import Barrier, Thread

import pytest
from rich.console import Console

from tests.controlplane.build import build
from tests.controlplane.cache import cache_folder, make_once
from tests.controlplane.errors import BuildError
from tests.controlplane.programs import PROGRAMS, Program, Programs, linker_flags
from tests.controlplane.progress import Progress
from tests.controlplane.toolchain import machines_go, pinned_series

NAMES = ["etcd", "kube-apiserver", "kube-scheduler", "kubectl", "kwok"]
# `go version` tells the pinned series; `go build` writes its own arguments where -o says.
COMPILES = '[ "$1" = version ] && echo "go version go{series}.99 linux/amd64" && exit; echo "$@" > "$7"'
FAILS = '[ "$1" = version ] && echo "go version go{series}.99 linux/amd64" && exit; echo "disk full" >&2; exit 1'
OLDER = 'echo "go version go1.19.2 linux/amd64"'


def _go(folder: Path, script: str) -> str:
    """Put a `go` into a folder, and return that as a search path."""
    command = folder / "go"
    command.write_text(f"#!/bin/sh\n{script.format(series=pinned_series())}\n")
    command.chmod(0o755)
    return str(folder)


def _build(cache: Path, search_path: str, assets: Path | None = None) -> str:
    """Build into a cache, and return what was said."""
    said = io.StringIO()
    build(Programs(cache, assets), cache, Progress(Console(file=said)), search_path)
    return said.getvalue()


def test_every_program_is_built_once(tmp_path: Path) -> None:
    """The first run builds all five, the second says in one line that nothing is to do."""
    cache = tmp_path / "cache"
    first = _build(cache, _go(tmp_path, COMPILES))
    second = _build(cache, _go(tmp_path, FAILS))

    assert [line.split()[2] for line in first.splitlines()] == [name for name in NAMES for _ in range(2)]
    assert second == f"Control plane: {', '.join(NAMES)} are built already.\n"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_is_built_without_paths_of_this_machine(tmp_path: Path, program: Program) -> None:
    """The flags are a release's, so that Go's build cache is shared between folders."""
    cache = tmp_path / "cache"
    _build(cache, _go(tmp_path, COMPILES))

    said = Programs(cache).path(program.name).read_text()

    flags = f"-trimpath -buildvcs=false -ldflags {linker_flags(program.module_set)}"
    target = Programs(cache).target(program)
    assert said == f"build {flags} -o {target}.partial {program.package}\n"


def test_a_failed_build_shows_the_compilers_words_and_what_to_do(tmp_path: Path) -> None:
    """What was not built is not there afterwards."""
    cache = tmp_path / "cache"

    with pytest.raises(BuildError, match=r"go build go.etcd.io(.|\n)*disk full(.|\n)*run `make test` again"):
        _build(cache, _go(tmp_path, FAILS))

    assert Programs(cache).missing() == list(PROGRAMS)


def test_kubebuilder_assets_come_first(tmp_path: Path) -> None:
    """What they hold is used; the rest is built."""
    cache, assets = tmp_path / "cache", tmp_path / "assets"
    assets.mkdir()
    (assets / "etcd").touch()

    said = _build(cache, _go(tmp_path, COMPILES), assets)

    assert "etcd" not in said
    assert Programs(cache, assets).path("etcd") == assets / "etcd"
    assert Programs(cache, assets).path("kube-scheduler").is_relative_to(cache)


def test_a_program_that_is_missing_names_the_command_that_builds_it(tmp_path: Path) -> None:
    """A test that needs it does not start a build of minutes by itself."""
    with pytest.raises(BuildError, match=r"Run: \.venv/bin/python -m tests\.controlplane\.build"):
        Programs(tmp_path).path("etcd")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(COMPILES, True, id="of the pinned series"),
        pytest.param(OLDER, False, id="older"),
        pytest.param("exit 1", False, id="broken"),
    ],
)
def test_the_machines_go_is_used_if_it_fits(tmp_path: Path, script: str, found: bool) -> None:
    """Else the pinned one from PyPI is."""
    assert machines_go(_go(tmp_path, script)) == (tmp_path / "go" if found else None)


def test_two_runs_at_once_make_a_thing_once(tmp_path: Path) -> None:
    """The second waits for the first and finds it done."""
    target, made, together = tmp_path / "thing", list[Path](), Barrier(2)

    def make(partial: Path) -> None:
        made.append(partial)
        partial.write_text("whole")

    def run() -> None:
        together.wait()
        make_once(target, make)

    runs = [Thread(target=run) for _ in range(2)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()

    assert (len(made), target.read_text()) == (1, "whole")


def test_what_an_interrupted_run_left_does_not_matter(tmp_path: Path) -> None:
    """A half-made folder is made anew."""
    (tmp_path / "thing.partial").mkdir()

    make_once(tmp_path / "thing", lambda partial: partial.mkdir())

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["thing"]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        pytest.param({"XDG_CACHE_HOME": "/caches"}, Path("/caches/hookrunner"), id="XDG_CACHE_HOME"),
        pytest.param({"XDG_CACHE_HOME": ""}, Path.home() / ".cache" / "hookrunner", id="empty"),
        pytest.param({}, Path.home() / ".cache" / "hookrunner", id="not set"),
    ],
)
def test_the_cache_is_the_users(environ: dict[str, str], folder: Path) -> None:
    """As the XDG base directories have it."""
    assert cache_folder(environ) == folder
