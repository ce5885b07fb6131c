"""The gRPC server around the service: limits, TLS, health checking and reflection."""

import errno
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from function.errors import SettingError
from scaler import externalscaler_pb2 as pb
from scaler.service import Service
from scaler.settings import Settings, Tls

SERVICE = pb.DESCRIPTOR.services_by_name["ExternalScaler"].full_name
MAX_MESSAGE_BYTES = 64 * 1024
"""A trigger's metadata is some hundred bytes."""

M = TypeVar("M", bound=Message)

_OTHER_CALLS = 1000
_KEEPALIVE_MS = 30_000
_KEEPALIVE_TIMEOUT_MS = 10_000


class Server:
    """gRPC on one address; SERVING from `start` to `stop`."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service, self._settings = service, settings
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(options=_options(settings))

    async def start(self) -> int:
        """Begins to serve; the port that it is.

        Raises:
            SettingError: the address is taken, or the TLS files cannot be used.
        """
        self._server.add_generic_rpc_handlers((_handlers(self._service),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        port = self._bind()
        await self._server.start()
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def stop(self) -> None:
        """Says NOT_SERVING, ends the streams, and lets calls under way end within the grace."""
        await self._health.enter_graceful_shutdown()
        self._service.stop()
        await self._server.stop(self._settings.grace)

    def _bind(self) -> int:
        address, tls = self._settings.grpc_address, self._settings.tls
        credentials = None if tls is None else _credentials(tls)
        try:
            _probe(address)
            if credentials is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(address, credentials)
        except (OSError, RuntimeError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SettingError(
                f"HOOKRUNNER_SCALER_ADDRESS={address!r} cannot be served ({why}): set an address of this machine and "
                "a port that is free"
            ) from None


def _probe(address: str) -> None:
    """Raises OSError if the address means nothing, or its port is taken: gRPC would write lines of its own first."""
    host, _, port = address.rpartition(":")
    for family, kind, _, _, where in socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(where)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:  # without IPv6, for one, gRPC finds another way
                raise


def _options(settings: Settings) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_concurrent_streams", settings.max_streams + _OTHER_CALLS),
        ("grpc.so_reuseport", 0),
        # A client that vanished without a word is noticed, and its streams end.
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.http2.ping_timeout_ms", _KEEPALIVE_TIMEOUT_MS),  # what gRPC goes by once the ping is sent
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def _handlers(service: Service) -> grpc.GenericRpcHandler:
    """The five calls. By hand, because a message that cannot be read would else be a stack trace in the log."""
    unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
    ref, metrics = _reader(pb.ScaledObjectRef), _reader(pb.GetMetricsRequest)
    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "IsActive": unary(service.is_active, ref, pb.IsActiveResponse.SerializeToString),
            "StreamIsActive": stream(service.stream_is_active, ref, pb.IsActiveResponse.SerializeToString),
            "GetMetricSpec": unary(service.get_metric_spec, ref, pb.GetMetricSpecResponse.SerializeToString),
            "GetMetrics": unary(service.get_metrics, metrics, pb.GetMetricsResponse.SerializeToString),
            "StreamMetricSpec": stream(service.stream_metric_spec, ref, pb.GetMetricSpecResponse.SerializeToString),
        },
    )


def _reader(kind: type[M]) -> Callable[[bytes], M]:
    def read(data: bytes) -> M:
        try:
            return kind.FromString(data)
        except DecodeError:
            return kind()  # it asks for nothing, and is told what is missing

    return read


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    """Credentials that are read again when their files have changed, so that a certificate can be renewed."""
    first = _Files(tls)
    changed: Any = first.changed  # gRPC documents None for "as before"; its types do not
    return grpc.dynamic_ssl_server_credentials(first.read(), changed, tls.client_ca is not None)


class _Files:
    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._seen = self._stamps()

    def read(self) -> grpc.ServerCertificateConfiguration:
        """The files as they are now.

        Raises:
            SettingError: they cannot be read, or are not what they should be.
        """
        try:
            _check(self._tls)
            pair = (self._tls.key.read_bytes(), self._tls.certificate.read_bytes())
            roots = self._tls.client_ca.read_bytes() if self._tls.client_ca else None
        except ssl.SSLError:
            raise SettingError(
                "HOOKRUNNER_SCALER_TLS_CERT and HOOKRUNNER_SCALER_TLS_KEY must be a certificate and its key as PEM, "
                "the key without a password, and HOOKRUNNER_SCALER_TLS_CLIENT_CA certificates as PEM"
            ) from None
        except OSError as error:
            raise SettingError(f"HOOKRUNNER_SCALER_TLS_*: {error.filename} cannot be read: {error.strerror}") from None
        return grpc.ssl_server_certificate_configuration([pair], roots)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What gRPC asks at each handshake: new files, or None to keep what it has."""
        stamps = self._stamps()
        if stamps == self._seen:
            return None
        self._seen = stamps
        return self.read()

    def _stamps(self) -> list[int]:
        paths = [path for path in (self._tls.certificate, self._tls.key, self._tls.client_ca) if path]
        return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]


def _check(tls: Tls) -> None:
    """Raises SSLError for what is no PEM, or no pair, and OSError for what cannot be read."""
    for path in filter(None, (tls.key, tls.certificate, tls.client_ca)):
        path.open("rb").close()  # ssl's own error would not name the file
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key, password="")
    if tls.client_ca is not None:
        context.load_verify_locations(tls.client_ca)
