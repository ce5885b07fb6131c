"""The whole scaler in one object: what `python -m scaler` runs, and what tests start and stop."""

import asyncio
import time
from collections.abc import Callable

from scaler.connections import Connections
from scaler.credentials import Credentials
from scaler.httpd import Server as HttpServer
from scaler.metrics import Metrics
from scaler.poller import Timing
from scaler.pollers import Pollers
from scaler.server import Server
from scaler.service import Service
from scaler.settings import Settings
from scaler.web import Web

_HOUSEKEEPING_SECONDS = 5.0


class App:
    """The scaler. `grpc_port` and `http_port` are known once it has started.

    `clock` is monotonic, for the age of what is known; `wall` is the epoch, for the age of jobs. Both in seconds.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self.grpc_port = self.http_port = 0
        self.metrics = Metrics()
        credentials = Credentials(settings.credentials)
        self._connections = Connections(credentials, settings.ca_folder, self.metrics.called)
        self.pollers = Pollers(
            self._connections.gitlab,
            Timing(settings.poll_interval),
            settings.max_queries,
            settings.idle,
            clock=clock,
            wall=wall,
        )
        self.metrics.watch(self.pollers, self._connections.budgets)
        self.service = Service(credentials, self.pollers, self.metrics, settings.max_streams, wall)
        self._server = Server(self.service, settings)
        self._web = Web(self.pollers.job_changed, self.metrics)
        self._http = HttpServer(self._web, settings.http_port)

    async def start(self) -> None:
        """Begins to serve.

        Raises:
            SettingError: an address is taken, or the TLS files cannot be used.
        """
        self.http_port = await self._http.start()
        self.grpc_port = await self._server.start()  # last: a started gRPC server has to be stopped in order
        self._web.ready = True
        self._housekeeping = asyncio.create_task(self._keep_house())

    async def stop(self) -> None:
        """Ends in order: streams first, then the polling."""
        self._web.ready = False
        self._housekeeping.cancel()
        await self._server.stop()
        await self._http.stop()
        self.pollers.close()
        self._connections.close()

    def refresh(self) -> None:
        """Takes note of changed credentials, and lets go of what nobody asks for any more."""
        self._connections.refresh()
        self.pollers.drop_idle()
        self._connections.keep([poller.source for poller in self.pollers])

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            self.refresh()
