"""Jobs that come and go: runner pods created at a steady rate, and removed some time later."""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from tests.controlplane.client import Kube
from tests.controlplane.errors import ApiError
from tests.controlplane.workloads import runner_pod

_WORKERS = 4
_TROUBLE = (httpx.TransportError, ApiError)


class Load:
    """Creates `rate` pods a second in `namespace`, each of a key of its own, and removes each after `life` seconds.

    So no binding can stand for another, and a list finds none of them for long. What the API server does not take is
    tried again. Pods are those of a real runner. A context manager.
    """

    def __init__(self, kube: Kube, namespace: str, rate: float, life: float) -> None:
        self._kube = kube
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._rate = rate
        self._life = life
        self._ending = threading.Event()
        self._started = time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(worker,), daemon=True) for worker in range(_WORKERS)]
        self.created: list[str] = []

    def __enter__(self) -> Self:
        """Begins."""
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Creates and removes no more."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _run(self, worker: int) -> None:
        alive: deque[tuple[float, str]] = deque()
        number = worker
        while not self._ending.wait(max(0.0, self._started + number / self._rate - time.monotonic())):
            alive.append((time.monotonic() + self._life, self._create(str(number))))
            number += _WORKERS
            while alive and alive[0][0] < time.monotonic():
                self._remove(alive.popleft()[1])

    def _create(self, key: str) -> str:
        pod = runner_pod(runner=key)
        name: str = pod["metadata"]["name"]
        if self._patiently(lambda: self._kube.create(self._path, pod)):
            self.created.append(name)
        return name

    def _remove(self, name: str) -> None:
        self._patiently(partial(self._kube.delete, f"{self._path}/{name}", gracePeriodSeconds="0"))

    def _patiently(self, request: Callable[[], object]) -> bool:
        """Makes a request until the API server takes it, or the load ends; a pod there, or gone, already is as good."""
        while not self._ending.is_set():
            try:
                request()
            except _TROUBLE as error:
                if isinstance(error, ApiError) and error.status in {404, 409}:
                    return True
                self._ending.wait(0.05)
            else:
                return True
        return False
