"""`python -m informer`: posts a CloudEvent to K_SINK for each binding of a runner's pod, and for each node removed."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from function import logs
from function.access import access
from function.errors import SettingError
from function.kubeapi import KubeApi
from informer import health
from informer.delivery import LANES
from informer.metrics import Metrics
from informer.service import Informer
from informer.settings import Settings, settings_from
from informer.sink import HttpSink


def main(arguments: Sequence[str]) -> int:
    """Runs until SIGTERM or SIGINT; 0 if it ended in order, 1 if it must be started anew, 2 if a setting is wrong."""
    try:
        options = _parser().parse_args(arguments)
        settings = settings_from(os.environ)
        logs.configure(settings.log_level)
        return 0 if _run(KubeApi(access(options.kubeconfig, os.environ)), settings) else 1
    except SettingError as error:
        sys.stderr.write(f"informer: {error}\n")
        return 2


def _run(api: KubeApi, settings: Settings) -> bool:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sink = HttpSink(settings.sink.url, settings.sink.token_file, settings.sink.ca_certs, connections=LANES)
    metrics = Metrics()
    informer = Informer(api, sink, settings, metrics, stop)
    health.serve(settings.port, metrics.registry, informer.problems)
    return informer.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m informer", description=__doc__)
    parser.add_argument(
        "--kubeconfig", type=Path, help="of the API server to watch; default: KUBECONFIG, or the pod's own cluster"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
