"""The informer's settings, from an environ mapping. docs/operations.md has the table for users."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path

from function import formats
from function.environment import Environ, certificates, choice, duration, integer, log_level, read
from function.errors import SettingError
from function.keys import is_node_name
from function.settings import key_labels, runner_label
from informer.bindings import Naming
from informer.lease import LeaseName


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """Where events go: a URL, a file with a bearer token, PEM certificates to trust, and whether to try batches."""

    url: str
    token_file: Path | None
    ca_certs: str
    batch: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the informer is told. `behind` is after how many seconds a waiting event makes it unready."""

    sink: SinkSettings
    naming: Naming
    lease: LeaseName
    port: int
    behind: float
    log_level: str


def settings_from(environ: Environ) -> Settings:
    """The settings that `environ` holds.

    Raises:
        SettingError: one of them is wrong, or there is no sink.
    """
    return Settings(
        sink=_sink(environ),
        naming=naming_from(environ),
        lease=_lease(environ),
        port=read(environ, "HOOKRUNNER_INFORMER_PORT", "8081", "a port from 1 to 65535", integer(1, 65535)),
        behind=read(environ, "HOOKRUNNER_INFORMER_BEHIND", "60s", "a duration such as 30s or 5m", duration),
        log_level=log_level(environ),
    )


def naming_from(environ: Environ) -> Naming:
    """How events are named; needs no sink.

    Raises:
        SettingError: one of the settings is wrong.
    """
    allowed = "letters, digits, dots, hyphens and underscores: it becomes part of each event's source"
    overrides = 'JSON such as {"extensions":{"team":"ci"}}: names of a-z and 0-9 that CloudEvents does not define'
    return Naming(
        cluster=read(environ, "HOOKRUNNER_CLUSTER", "kubernetes", allowed, _cluster),
        runner_label=runner_label(environ),
        key_labels=key_labels(environ),
        overrides=read(environ, "K_CE_OVERRIDES", "{}", overrides, formats.extensions),
    )


def _sink(environ: Environ) -> SinkSettings:
    if not environ.get("K_SINK", "").strip():
        raise SettingError("K_SINK is not set: it must be the http or https URL that events are posted to")
    token = environ.get("HOOKRUNNER_SINK_TOKEN_FILE", "").strip()
    batch = read(environ, "HOOKRUNNER_SINK_BATCH", "auto", "auto or never", choice("auto", "never"))
    return SinkSettings(
        url=read(environ, "K_SINK", "", "an http or https URL", formats.url),
        token_file=Path(token) if token else None,
        ca_certs=certificates(environ, "K_CA_CERTS"),
        batch=batch == "auto",
    )


def _lease(environ: Environ) -> LeaseName:
    allowed = "<namespace>/<name>"
    namespace, name = read(environ, "HOOKRUNNER_LEASE", "hookrunner/hookrunner-informer", allowed, _namespaced)
    identity = environ.get("HOOKRUNNER_IDENTITY", "").strip() or environ.get("HOSTNAME", "").strip()
    return LeaseName(namespace, name, identity or socket.gethostname())


def _namespaced(text: str) -> tuple[str, str]:
    namespace, _, name = text.partition("/")
    if not (is_node_name(namespace) and is_node_name(name)):
        raise ValueError(text)
    return namespace, name


def _cluster(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}", text):
        raise ValueError(text)
    return text
