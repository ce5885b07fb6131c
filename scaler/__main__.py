"""`python -m scaler`: KEDA's external scaler for GitLab's job queue."""

import asyncio
import logging
import os
import signal
import sys

from function import logs
from function.errors import SettingError
from scaler.app import App
from scaler.settings import Settings, from_environ

_LOG = logging.getLogger("scaler")


def main() -> int:
    """Runs until SIGTERM or SIGINT; 0 if it ended in order, 2 if a setting is wrong."""
    try:
        settings = from_environ(os.environ)
        logs.configure(settings.log_level)
        asyncio.run(_run(settings))
    except SettingError as error:
        sys.stderr.write(f"scaler: {error}\n")
        return 2
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings)
    await app.start()
    _LOG.info("serving gRPC on port %d, metrics and events on port %d", app.grpc_port, app.http_port)
    await stop.wait()
    await app.stop()


if __name__ == "__main__":
    sys.exit(main())
