"""From settings to a function that is ready to serve. The only place that makes clients."""

import functools
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from function import logs
from function.access import access
from function.commit import GroupCommit
from function.environment import Environ
from function.errors import SettingError
from function.hook import Hook
from function.hooksecrets import HookSecrets
from function.kubeapi import KubeApi
from function.metrics import Metrics
from function.mutate import Mutate
from function.outbox import Outbox, poster
from function.record import Record
from function.senders import Senders
from function.service import Service
from function.settings import (
    ConfigMapStore,
    FileStore,
    HistorySettings,
    Settings,
    hook_settings,
    settings_from,
    target_from,
)
from function.stores.cluster import ClusterHistory
from function.stores.configmap import ConfigMapWriter
from function.stores.file import FileHistory
from function.stores.memory import MemoryHistory
from function.stores.mirror import Mirror
from function.stores.protocol import HistoryStore, Limits


class Standing:
    """The backend of a function that needs nothing beside it."""

    def start(self) -> None:
        """Does nothing."""

    def stop(self) -> None:
        """Does nothing."""

    def ready(self) -> str | None:
        """None: it always is."""
        return None


def check(environ: Environ) -> str:
    """The target that `environ` names; the process ends with one line, and status 2, where a setting is wrong."""
    try:
        settings = settings_from(environ)
        target = target_from(environ)
        if target == "hook":
            HookSecrets(hook_settings(environ).secrets)
        elif settings.kubeconfig is None and "KUBERNETES_SERVICE_HOST" not in environ:
            _check_without_cluster(target, settings)
    except SettingError as error:
        sys.stderr.write(f"hookrunner: {error}\n")
        sys.exit(2)
    return target


def _check_without_cluster(target: str, settings: Settings) -> None:
    if isinstance(settings.history.store, ConfigMapStore):
        raise SettingError(
            "HOOKRUNNER_HISTORY names a ConfigMap, and there is no cluster: "
            "name a kubeconfig file in KUBECONFIG, or set HOOKRUNNER_HISTORY to file:<path> or memory:"
        )
    if target == "record" and settings.senders.accounts:
        raise SettingError(
            "HOOKRUNNER_RECORD_SENDERS names ServiceAccounts, and there is no cluster: "
            "name a kubeconfig file in KUBECONFIG, or leave it empty to take events from anyone"
        )


def service_for(target: str, environ: Environ) -> Service:
    """The function `target` with all that it needs, not yet started.

    Raises:
        SettingError: a setting is wrong.
    """
    settings = settings_from(environ)
    logs.configure(settings.log_level)
    metrics = Metrics(CollectorRegistry())
    return _MAKERS[target](settings, environ, metrics)


def _mutate(settings: Settings, environ: Environ, metrics: Metrics) -> Service:
    store = _store(settings.history, _api(settings, environ), metrics)
    return Service(Mutate(settings.placement, store.snapshot, metrics), store, metrics, settings.max_body_bytes)


def _record(settings: Settings, environ: Environ, metrics: Metrics) -> Service:
    api = _api(settings, environ)
    store = _store(settings.history, api, metrics)
    senders = Senders(settings.senders, api, metrics)
    handler = Record(GroupCommit(store.write), senders.check, metrics)
    return Service(handler, Standing(), metrics, settings.max_body_bytes)


def _hook(settings: Settings, environ: Environ, metrics: Metrics) -> Service:
    own = hook_settings(environ)
    outbox = Outbox(poster(own.sink, own.ca_certs), metrics, own.overrides)
    handler = Hook(HookSecrets(own.secrets), outbox.put, metrics, lambda: datetime.now(UTC))
    return Service(handler, outbox, metrics, settings.max_body_bytes)


_MAKERS: dict[str, Callable[[Settings, Environ, Metrics], Service]] = {
    "mutate": _mutate,
    "record": _record,
    "hook": _hook,
}


def _api(settings: Settings, environ: Environ) -> Callable[[], KubeApi]:
    """Gives the API server, made at the first need: a history in a file needs none."""
    return functools.cache(lambda: KubeApi(access(settings.kubeconfig, environ)))


def _store(settings: HistorySettings, api: Callable[[], KubeApi], metrics: Metrics) -> HistoryStore:
    limits = Limits(settings.max_nodes, settings.max_bytes)
    match settings.store:
        case ConfigMapStore() as where:
            return ClusterHistory(Mirror(api, where, metrics), ConfigMapWriter(api, where, limits, metrics))
        case FileStore(path):
            return FileHistory(path, limits)
        case _:
            return MemoryHistory(limits)
