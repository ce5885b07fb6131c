"""The scaler's settings, from an environ mapping; an error names the variable and what is allowed."""

from dataclasses import dataclass
from pathlib import Path

from function import environment
from function.environment import Environ
from function.errors import SettingError

_ADDRESS = "host:port, with a port from 0 to 65535"


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files. With `client_ca`, a client must show a certificate that it signed (mutual TLS)."""

    certificate: Path
    key: Path
    client_ca: Path | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator decides. Durations are in seconds."""

    grpc_address: str
    http_port: int
    credentials: Path
    ca_folder: Path
    poll_interval: float
    idle: float
    max_queries: int
    max_streams: int
    grace: float
    tls: Tls | None
    log_level: str


def from_environ(environ: Environ) -> Settings:
    """The settings, with defaults for what is not set.

    Raises:
        SettingError: a value is wrong, or settings do not go together.
    """
    return Settings(
        grpc_address=environment.read(environ, "HOOKRUNNER_SCALER_ADDRESS", "[::]:9090", _ADDRESS, _address),
        http_port=_integer(environ, "HOOKRUNNER_SCALER_HTTP_PORT", "8081", 0, 65535),
        credentials=_path(environ, "HOOKRUNNER_SCALER_CREDENTIALS", "/etc/hookrunner/credentials/credentials.yaml"),
        ca_folder=_path(environ, "HOOKRUNNER_SCALER_CA_FOLDER", "/etc/hookrunner/ca"),
        poll_interval=_duration(environ, "HOOKRUNNER_SCALER_POLL_INTERVAL", "30s"),
        idle=_duration(environ, "HOOKRUNNER_SCALER_IDLE", "15m"),
        max_queries=_integer(environ, "HOOKRUNNER_SCALER_MAX_QUERIES", "500", 1, 100_000),
        max_streams=_integer(environ, "HOOKRUNNER_SCALER_MAX_STREAMS", "2000", 1, 100_000),
        grace=_duration(environ, "HOOKRUNNER_SCALER_GRACE", "5s"),
        tls=_tls(environ),
        log_level=environment.log_level(environ),
    )


def _tls(environ: Environ) -> Tls | None:
    names = ("HOOKRUNNER_SCALER_TLS_CERT", "HOOKRUNNER_SCALER_TLS_KEY", "HOOKRUNNER_SCALER_TLS_CLIENT_CA")
    certificate, key, client_ca = (environ.get(name, "").strip() for name in names)
    if not (certificate or key or client_ca):
        return None
    if not (certificate and key):
        raise SettingError(f"{names[0]} and {names[1]} go together: give both, or neither and no {names[2]}")
    return Tls(Path(certificate), Path(key), Path(client_ca) if client_ca else None)


def _integer(environ: Environ, name: str, default: str, minimum: int, maximum: int) -> int:
    allowed = f"a whole number from {minimum} to {maximum}"
    return environment.read(environ, name, default, allowed, environment.integer(minimum, maximum))


def _duration(environ: Environ, name: str, default: str) -> float:
    return environment.read(environ, name, default, "a duration such as 500ms, 30s or 15m", environment.duration)


def _path(environ: Environ, name: str, default: str) -> Path:
    return environment.read(environ, name, default, "a path", Path)


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise ValueError(text)
    environment.integer(0, 65535)(port)
    return text
