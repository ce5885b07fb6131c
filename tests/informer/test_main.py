"""How the process starts and ends."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.informer.cluster import Jobs, LeaseInCluster
from tests.informer.conftest import StartInformer
from tests.informer.processes import ROOT
from tests.informer.sink import Answer, Sink


def start(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `python -m informer` says when it cannot start."""
    command = [sys.executable, "-m", "informer", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param(
            {}, "informer: K_SINK is not set: it must be the http or https URL that events are posted to", id="sink"
        ),
        pytest.param(
            {"K_SINK": "record"},
            "informer: K_SINK='record' is not valid: it must be an http or https URL",
            id="a wrong sink",
        ),
        pytest.param(
            {"K_SINK": "htp://me:secret@record?token=secret"},
            "informer: K_SINK='htp://…@record?…' is not valid: it must be an http or https URL",
            id="a wrong sink with secrets in it",
        ),
    ],
)
def test_a_wrong_setting_is_one_line(environ: dict[str, str], message: str) -> None:
    """And the exit code is 2."""
    done = start(environ)

    assert (done.returncode, done.stderr.strip(), done.stdout) == (2, message, "")


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    """One line too."""
    done = start({"K_SINK": "http://127.0.0.1:1"}, "--kubeconfig", str(tmp_path / "missing"))

    assert done.returncode == 2
    assert done.stderr.startswith("informer: cannot use the kubeconfig")
    assert len(done.stderr.splitlines()) == 1


def test_a_port_in_use(tmp_path: Path) -> None:
    """One line, before anything is watched."""
    kubeconfig = tmp_path / "kubeconfig"
    nowhere = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}],
        "current-context": "c",
    }
    kubeconfig.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **nowhere}))
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        environ = {"K_SINK": "http://127.0.0.1:1", "HOOKRUNNER_INFORMER_PORT": str(port)}
        done = start(environ, "--kubeconfig", str(kubeconfig))

    message = f"HOOKRUNNER_INFORMER_PORT={port} cannot be served (Address already in use): set a port that is free"
    assert (done.returncode, done.stderr, done.stdout) == (2, f"informer: {message}\n", "")


@pytest.mark.controlplane
def test_sigterm_ends_it_in_order_even_if_the_sink_is_down(
    start_informer: StartInformer, sink: Sink, jobs: Jobs, lease: LeaseInCluster
) -> None:
    """It gives the Lease up; what it held is for who comes next, as the position says."""
    informer = start_informer()
    lease.wait_position()
    sink.answer = lambda _: Answer(503)
    held = jobs.bind_and_end(1)
    sink.wait_posts(1)

    informer.terminate()
    sink.answer = lambda _: Answer()
    start_informer("two")

    sink.wait_ids(set(held))
