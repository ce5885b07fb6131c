"""`python -m scaler`: KEDA's external scaler for GitLab's job queue; `python -m scaler check QUERY.yaml`: one count."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from function import logs
from function.errors import QueryError, SettingError
from scaler import check, manifest, parameters
from scaler.app import App
from scaler.settings import Settings, from_environ

_LOG = logging.getLogger("scaler")


def main(arguments: Sequence[str]) -> int:
    """0 if it ended in order, 1 if `check` found no answer, 2 if a setting or a query is wrong."""
    options = _parser().parse_args(arguments)
    if options.command == "parameters":
        sys.stdout.write(parameters.table())
        return 0
    try:
        settings = from_environ(os.environ)
        if options.command == "check":
            return check.check(manifest.read(options.query), settings, options.namespace)
        logs.configure(settings.log_level)
        asyncio.run(_serve(settings))
    except (SettingError, QueryError) as error:
        sys.stderr.write(f"scaler: {error}\n")
        return 2
    return 0


async def _serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings)
    await app.start()
    _LOG.info("serving gRPC on port %d, metrics and events on port %d", app.grpc_port, app.http_port)
    await stop.wait()
    await app.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scaler", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    one = commands.add_parser("check", help="ask GitLab once, and tell what would be counted and why not the rest")
    one.add_argument(
        "query", type=Path, metavar="QUERY.yaml", help="a trigger's metadata, a ScaledObject or a ScaledJob"
    )
    one.add_argument("--namespace", help="the namespace that asks; default: the manifest's, or none is checked")
    commands.add_parser("parameters", help="print the table of a trigger's parameters, in Markdown")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
