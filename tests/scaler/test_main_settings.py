"""`python -m scaler` as a process: settings it cannot start with end it with one line."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.gitlab.gitlab import GitLab
from tests.scaler.harness import credential
from tests.scaler.processes import ROOT, scaler


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        pytest.param(
            {"HOOKRUNNER_SCALER_POLL_INTERVAL": "soon"},
            "HOOKRUNNER_SCALER_POLL_INTERVAL='soon' is not valid: it must be a duration such as 500ms, 30s or 15m",
            id="duration",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_ADDRESS": "9090"},
            "HOOKRUNNER_SCALER_ADDRESS='9090' is not valid: it must be host:port, with a port from 0 to 65535",
            id="address",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_ADDRESS": "127.0.0.1:65536"}, "'127.0.0.1:65536' is not valid", id="no such port"
        ),
        pytest.param({"HOOKRUNNER_SCALER_TLS_CERT": "/x"}, "HOOKRUNNER_SCALER_TLS_KEY go together", id="half-tls"),
        pytest.param(
            {"HOOKRUNNER_SCALER_TLS_CERT": "/x", "HOOKRUNNER_SCALER_TLS_KEY": "/y"},
            "HOOKRUNNER_SCALER_TLS_*: /y cannot be read: No such file or directory",
            id="no-tls-files",
        ),
        pytest.param(
            {"HOOKRUNNER_SCALER_TLS_CERT": __file__, "HOOKRUNNER_SCALER_TLS_KEY": __file__},
            "HOOKRUNNER_SCALER_TLS_CERT and HOOKRUNNER_SCALER_TLS_KEY must be a certificate and its key as PEM",
            id="no-pem",
        ),
        pytest.param({"HOOKRUNNER_SCALER_CREDENTIALS": "/x"}, "/x is not a readable YAML file", id="no-credentials"),
    ],
)
def test_wrong_setting(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    """A wrong setting ends it at once with one line and exit code 2."""
    (tmp_path / "credentials.yaml").write_text("{}")
    given = {"HOOKRUNNER_SCALER_CREDENTIALS": str(tmp_path / "credentials.yaml"), **environ}
    done = subprocess.run(
        [sys.executable, "-m", "scaler"],
        env={**os.environ, **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("name", "host", "line"),
    [
        pytest.param(
            "HOOKRUNNER_SCALER_HTTP_PORT",
            "",
            "HOOKRUNNER_SCALER_HTTP_PORT={} cannot be served (Address already in use): set a port that is free",
            id="http",
        ),
        pytest.param(
            "HOOKRUNNER_SCALER_ADDRESS",
            "127.0.0.1:",
            "HOOKRUNNER_SCALER_ADDRESS='127.0.0.1:{}' cannot be served (Address already in use): "
            "set an address of this machine and a port that is free",
            id="grpc",
        ),
    ],
)
async def test_port_taken(tmp_path: Path, name: str, host: str, line: str) -> None:
    """An address that is taken ends it with one line."""
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        async with scaler(
            tmp_path, credential(GitLab(time.time), "https://gitlab.com"), **{name: f"{host}{port}"}
        ) as it:
            code = await asyncio.wait_for(it.process.wait(), 30)
    assert (code, it.output) == (2, f"scaler: {line.format(port)}\n")
