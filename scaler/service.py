"""KEDA's external scaler: every call is answered from a snapshot, streams push when it changes.

What is not known is UNAVAILABLE, never 0: KEDA then keeps the replicas, or uses the fallback.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import grpc
import grpc.aio

from function.errors import CountUnknown, HookrunnerError, QueryDenied, QueryError
from scaler import externalscaler_pb2 as pb
from scaler.credentials import Credentials
from scaler.metrics import Metrics
from scaler.pollers import Pollers, TooManySources
from scaler.queries import Query, parse
from scaler.snapshot import Answer

METRIC_NAME = "hookrunner-gitlab-queue"
_REMEMBERED = 1024
_REMEMBERED_BYTES = 4096
_WATCH_SECONDS = 30.0
_SHORTEST_WATCH = 0.05
_MESSAGE_LENGTH = 800  # HTTP/2 headers of a status have a limit

Context = grpc.aio.ServicerContext[object, object]


class TooManyStreams(CountUnknown):
    """As many streams are open as the scaler takes on."""


class Service:
    """The five calls. At most `max_streams` streams at once. `wall` is the epoch, in seconds."""

    def __init__(
        self,
        credentials: Credentials,
        pollers: Pollers,
        metrics: Metrics,
        max_streams: int,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.streams = 0
        self._credentials, self._pollers, self._metrics = credentials, pollers, metrics
        self._max_streams, self._wall = max_streams, wall
        self._queries: OrderedDict[frozenset[tuple[str, str]], Query] = OrderedDict()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ends the streams; KEDA opens them again, at whoever serves next."""
        self._stopping.set()

    async def get_metric_spec(self, request: pb.ScaledObjectRef, context: Context) -> pb.GetMetricSpecResponse:
        """The metric's name and target. It starts the count, so that the first GetMetrics finds one."""
        try:
            query = self._query(request)
            self._pollers.of(query.source)
        except HookrunnerError as error:
            await self._abort(context, error)
        return _spec(query)

    async def get_metrics(self, request: pb.GetMetricsRequest, context: Context) -> pb.GetMetricsResponse:
        """How many jobs count."""
        try:
            if request.metricName not in {"", METRIC_NAME}:
                raise QueryError(f"the only metric is {METRIC_NAME!r}")
            answer = self._pollers.answer(self._query(request.scaledObjectRef))
        except HookrunnerError as error:
            await self._abort(context, error)
        self._metrics.answered("OK")
        value = pb.MetricValue(metricName=METRIC_NAME, metricValue=answer.value, metricValueFloat=answer.value)
        return pb.GetMetricsResponse(metricValues=[value])

    async def is_active(self, request: pb.ScaledObjectRef, context: Context) -> pb.IsActiveResponse:
        """Whether more jobs count than the activation target."""
        try:
            answer = self._pollers.answer(self._query(request))
        except HookrunnerError as error:
            await self._abort(context, error)
        self._metrics.answered("OK")
        return pb.IsActiveResponse(result=answer.active)

    async def stream_is_active(
        self, request: pb.ScaledObjectRef, context: Context
    ) -> AsyncIterator[pb.IsActiveResponse]:
        """The activity as soon as it is known, when it changes, and after every round while it is active.

        KEDA acts on true only, and drops one that comes before it knows the metric's name: hence again.
        """
        try:
            query = self._query(request)
            self._pollers.of(query.source)
            with self._stream():
                async for active in self._activity(query, request.namespace):
                    yield pb.IsActiveResponse(result=active)
        except HookrunnerError as error:
            await self._abort(context, error)

    async def stream_metric_spec(
        self, request: pb.ScaledObjectRef, context: Context
    ) -> AsyncIterator[pb.GetMetricSpecResponse]:
        """The metric's name and target, at once; they change with the metadata only, for which KEDA opens another."""
        try:
            query = self._query(request)
            self._pollers.of(query.source)
            with self._stream():
                yield _spec(query)
                await self._stopping.wait()
        except HookrunnerError as error:
            await self._abort(context, error)

    async def _activity(self, query: Query, namespace: str) -> AsyncIterator[bool]:
        last: Answer | None = None
        with self._pollers.watch(query.source) as counted:
            while not self._stopping.is_set():
                counted.clear()
                self._check(query, namespace)  # what was allowed when the stream was opened may be no more
                answer = self._known(query)
                if answer is not None and _is_news(answer, last):
                    if answer.active and not (last and last.active):
                        self._metrics.activations.inc()
                    last = answer
                    yield answer.active
                await self._next(counted, answer)

    async def _next(self, counted: asyncio.Event, answer: Answer | None) -> None:
        """Waits for the next count, for a job to become old enough, or for the end."""
        ripe = _WATCH_SECONDS if answer is None else answer.counted.changes_at - self._wall()
        waits = [asyncio.ensure_future(event.wait()) for event in (counted, self._stopping)]
        try:
            timeout = min(max(ripe, _SHORTEST_WATCH), _WATCH_SECONDS)
            await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _known(self, query: Query) -> Answer | None:
        try:
            return self._pollers.answer(query)
        except CountUnknown:
            return None  # nothing is pushed: KEDA asks, and is told why

    def _query(self, ref: pb.ScaledObjectRef) -> Query:
        """The query of a trigger, if its namespace may ask it."""
        items = frozenset(ref.scalerMetadata.items())
        query = self._queries.get(items)
        if query is None:
            query = parse(ref.scalerMetadata)
            self._remember(items, query)
        self._check(query, ref.namespace)
        return query

    def _check(self, query: Query, namespace: str) -> None:
        self._credentials.get(query.source.credential).check(query.source, namespace)

    def _remember(self, items: frozenset[tuple[str, str]], query: Query) -> None:
        if sum(len(key) + len(value) for key, value in items) > _REMEMBERED_BYTES:
            return
        self._queries[items] = query
        if len(self._queries) > _REMEMBERED:
            self._queries.popitem(last=False)

    async def _abort(self, context: Context, error: HookrunnerError) -> NoReturn:
        code = _code(error)
        self._metrics.answered(code.name)
        await context.abort(code, str(error)[:_MESSAGE_LENGTH])

    @contextmanager
    def _stream(self) -> Iterator[None]:
        if self.streams >= self._max_streams:
            raise TooManyStreams(f"{self._max_streams} streams are open already")
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1


def _is_news(answer: Answer, last: Answer | None) -> bool:
    """Whether a stream tells this answer, after that one."""
    return last is None or answer.active != last.active or (answer.active and answer.rounds != last.rounds)


def _spec(query: Query) -> pb.GetMetricSpecResponse:
    spec = pb.MetricSpec(metricName=METRIC_NAME, targetSize=query.target, targetSizeFloat=query.target)
    return pb.GetMetricSpecResponse(metricSpecs=[spec])


def _code(error: HookrunnerError) -> grpc.StatusCode:
    if isinstance(error, QueryDenied):
        return grpc.StatusCode.PERMISSION_DENIED
    if isinstance(error, QueryError):
        return grpc.StatusCode.INVALID_ARGUMENT
    if isinstance(error, TooManySources | TooManyStreams):
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    return grpc.StatusCode.UNAVAILABLE
