"""The fake GitLab as a process, over plain HTTP and in real time: `python -m tests.gitlab --port 8080 --scenario busy`.

It prints one line with its address when it is up, ends on SIGTERM, and is steered through POST /__control.
"""

import asyncio
import signal
import socket
import sys
import time
from argparse import ArgumentParser, Namespace

import msgspec

from tests.gitlab.app import App
from tests.gitlab.deliveries import Deliveries
from tests.gitlab.gitlab import GitLab
from tests.gitlab.scenario import build, load
from tests.gitlab.server import TellingServer, config

_TICK_S = 0.1


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.gitlab", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any; default: %(default)s")
    parser.add_argument("--scenario", default="empty", help="name, or YAML file; default: %(default)s")
    parser.add_argument("--external-url", help="how GitLab believes to be reached; default: as it was asked")
    return parser.parse_args()


async def _live(fake: GitLab) -> None:
    while True:
        fake.settle()
        await asyncio.sleep(_TICK_S)


async def _serve(app: App, fake: GitLab, listener: socket.socket, address: str) -> None:
    life = asyncio.create_task(_live(fake))
    server = TellingServer(config(app), lambda: print(f"GitLab answers on {address}", flush=True))
    try:
        await server.serve([listener])
    finally:
        life.cancel()


def main() -> int:
    """Serve until a signal says stop; 2 for a scenario that is no good."""
    options = _options()
    # uvicorn raises the signal again after its own stop; this way the webhooks stop too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        scenario = load(options.scenario)
        fake = build(scenario, time.time)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        print(f"--scenario {options.scenario}: {error}", file=sys.stderr)
        return 2
    with socket.create_server((options.host, options.port)) as listener:
        address = f"http://{options.host}:{listener.getsockname()[1]}"
        with Deliveries(fake.instance, list(scenario.hooks), url=options.external_url or address):
            asyncio.run(_serve(App(fake, options.external_url), fake, listener, address))
    return 0


if __name__ == "__main__":
    sys.exit(main())
