"""`python -m scaler` as a process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import yaml

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


class Running:
    """A scaler process. `output` is complete once it has ended."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, grpc_port: int, http_port: int) -> None:
        self.process, self._log = process, log
        self.grpc_port, self.http_port = grpc_port, http_port

    @property
    def output(self) -> str:
        """All that it has written."""
        return self._log.read_text()

    async def http(self, path: str) -> httpx.Response:
        """An answer from its HTTP side."""
        async with httpx.AsyncClient() as client:
            return await client.get(f"http://127.0.0.1:{self.http_port}{path}")

    async def ready(self) -> None:
        """Waits until it says that it is ready."""
        async with asyncio.timeout(30):
            while True:
                try:
                    if (await self.http("/health/readiness")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def end(self) -> int:
        """Asks it to end, as Kubernetes does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def scaler(folder: Path, credentials: Mapping[str, object], **environ: str) -> AsyncIterator[Running]:
    """A scaler process with these credentials, at the most talkative log level."""
    (folder / "credentials.yaml").write_text(yaml.safe_dump({"default": credentials}))
    grpc_port, http_port, log = free_port(), free_port(), folder / "log"
    settings = {
        "HOOKRUNNER_SCALER_ADDRESS": f"127.0.0.1:{grpc_port}",
        "HOOKRUNNER_SCALER_HTTP_PORT": str(http_port),
        "HOOKRUNNER_SCALER_CREDENTIALS": str(folder / "credentials.yaml"),
        "HOOKRUNNER_SCALER_CA_FOLDER": str(folder),
        "HOOKRUNNER_SCALER_POLL_INTERVAL": "200ms",
        "HOOKRUNNER_LOG_LEVEL": "DEBUG",
    }
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "scaler",
            stdout=file,
            stderr=file,
            cwd=ROOT,
            env={**os.environ, **settings, **environ},
        )
    try:
        yield Running(process, log, grpc_port, http_port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
