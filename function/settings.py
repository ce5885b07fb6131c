"""The settings of the functions, as frozen dataclasses made from an environ mapping.

An error names the variable, its value and what is allowed. docs/operations.md has the table for users.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from function import formats
from function.access import kubeconfig_in
from function.environment import Environ, certificates, choice, integer, log_level, read
from function.keys import is_node_name

TARGETS = ("mutate", "record", "hook")
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class ConfigMapStore:
    """`configmap:<namespace>/<name>`."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class FileStore:
    """`file:<path>`: a ConfigMap manifest as YAML."""

    path: Path


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """`memory:`: gone with the process."""


StoreSetting = ConfigMapStore | FileStore | MemoryStore


@dataclass(frozen=True, slots=True)
class PlacementSettings:
    """What `mutate` looks for in a pod, and what it prefers. `max_age` is in seconds; `audit`: patch nothing."""

    runner_label: str
    key_labels: tuple[str, ...]
    volume_prefix: str
    weights: tuple[int, ...]
    max_age: float
    term: str
    audit: bool = False


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Where the history is and how much of it is kept: nodes for each key, bytes in all."""

    store: StoreSetting
    max_nodes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Who may record: ServiceAccounts as `namespace/name` (none: anyone), and the audience of their tokens."""

    accounts: tuple[str, ...]
    audience: str


@dataclass(frozen=True, slots=True)
class HookSettings:
    """Where `hook` finds its secrets (a folder), where it posts, and the extension attributes that it adds.

    `ca_certs` are PEM certificates that an https sink is verified by, instead of the system's.
    """

    secrets: Path
    sink: str
    overrides: Mapping[str, str]
    ca_certs: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a function is told. `max_body_bytes` is a request's limit; without a `kubeconfig`: in-cluster."""

    placement: PlacementSettings
    history: HistorySettings
    senders: SenderSettings
    max_body_bytes: int
    log_level: str
    kubeconfig: Path | None = None


def settings_from(environ: Environ) -> Settings:
    """The settings that `environ` holds.

    Raises:
        SettingError: one of them is wrong.
    """
    return Settings(
        placement=_placement(environ),
        history=_history(environ),
        senders=_senders(environ),
        max_body_bytes=read(
            environ,
            "HOOKRUNNER_MAX_BODY_BYTES",
            "7340032",
            "a number of bytes from 65536 to 67108864",
            integer(65536, 64 * _MIB),
        ),
        log_level=log_level(environ),
        kubeconfig=kubeconfig_in(environ),
    )


def hook_settings(environ: Environ) -> HookSettings:
    """The settings of `hook` alone.

    Raises:
        SettingError: one of them is wrong or missing.
    """
    return HookSettings(
        secrets=read(environ, "HOOKRUNNER_HOOK_SECRETS", "/etc/hookrunner/hook", "a folder", Path),
        sink=read(environ, "K_SINK", "", "the http or https URL that events are posted to", formats.url),
        overrides=read(
            environ, "K_CE_OVERRIDES", "{}", 'a JSON object such as {"extensions":{"name":"text"}}', formats.extensions
        ),
        ca_certs=certificates(environ, "K_CA_CERTS"),
    )


def target_from(environ: Environ) -> str:
    """FUNCTION_TARGET: which function the process is."""
    return read(environ, "FUNCTION_TARGET", "mutate", "one of mutate, record, hook", choice(*TARGETS))


def runner_label(environ: Environ) -> str:
    """HOOKRUNNER_RUNNER_LABEL: the label that marks a runner's pod."""
    allowed = "a label's name, such as gitlab.com/runner-id"
    return read(environ, "HOOKRUNNER_RUNNER_LABEL", "gitlab.com/runner-id", allowed, formats.label)


def key_labels(environ: Environ) -> tuple[str, ...]:
    """HOOKRUNNER_KEY_LABELS: the labels whose values make the key; by default the runner label alone."""
    allowed = "names of labels, separated by commas"
    return read(environ, "HOOKRUNNER_KEY_LABELS", runner_label(environ), allowed, formats.labels)


def _placement(environ: Environ) -> PlacementSettings:
    max_nodes = _max_nodes(environ)
    weights = read(
        environ,
        "HOOKRUNNER_WEIGHTS",
        "100,95,90,85,80,75,70,65",
        "1 to 100 whole numbers from 100 down to 1, separated by commas, none greater than the one before",
        formats.weights,
    )
    max_age = read(environ, "HOOKRUNNER_MAX_AGE", "14d", "a duration such as 12h or 14d, of 1m to 3650d", formats.age)
    return PlacementSettings(
        runner_label=runner_label(environ),
        key_labels=key_labels(environ),
        volume_prefix=read(
            environ,
            "HOOKRUNNER_CACHE_VOLUME_PREFIX",
            "runner-cache",
            "the beginning of a volume's name: small letters, digits and hyphens, 63 at most",
            formats.volume_prefix,
        ),
        weights=weights[:max_nodes],
        max_age=max_age,
        term=read(environ, "HOOKRUNNER_TERM", "field", "field or hostname", choice("field", "hostname")),
        audit=read(environ, "HOOKRUNNER_MODE", "patch", "patch or audit", choice("patch", "audit")) == "audit",
    )


def _history(environ: Environ) -> HistorySettings:
    return HistorySettings(
        store=read(
            environ,
            "HOOKRUNNER_HISTORY",
            "configmap:hookrunner/hookrunner-history",
            "configmap:<namespace>/<name>, file:<path> or memory:",
            _store,
        ),
        max_nodes=_max_nodes(environ),
        max_bytes=read(
            environ,
            "HOOKRUNNER_HISTORY_MAX_BYTES",
            "786432",
            "a number of bytes from 1024 to 1000000 (a ConfigMap holds 1 MiB)",
            integer(1024, 1_000_000),
        ),
    )


def _max_nodes(environ: Environ) -> int:
    return read(environ, "HOOKRUNNER_MAX_NODES", "8", "a whole number from 1 to 100", integer(1, formats.MAX_NODES))


def _senders(environ: Environ) -> SenderSettings:
    allowed = "ServiceAccounts as namespace/name, separated by commas"
    return SenderSettings(
        accounts=read(environ, "HOOKRUNNER_RECORD_SENDERS", "", allowed, formats.accounts),
        audience=environ.get("HOOKRUNNER_RECORD_AUDIENCE", "").strip() or "hookrunner-record",
    )


def _store(text: str) -> StoreSetting:
    kind, _, rest = text.partition(":")
    namespace, _, name = rest.partition("/")
    if kind == "configmap" and is_node_name(namespace) and is_node_name(name):
        return ConfigMapStore(namespace, name)
    if kind == "file" and rest:
        return FileStore(Path(rest))
    if kind == "memory" and not rest:
        return MemoryStore()
    raise ValueError(text)
