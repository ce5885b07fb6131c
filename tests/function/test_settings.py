"""The settings: every default, every right form, and the one line that each wrong value stops the start with."""

from pathlib import Path

import pytest
import trustme

from function.errors import SettingError
from function.settings import (
    ConfigMapStore,
    FileStore,
    HistorySettings,
    HookSettings,
    MemoryStore,
    PlacementSettings,
    SenderSettings,
    Settings,
    StoreSetting,
    hook_settings,
    settings_from,
    target_from,
)

CERTIFICATE = trustme.CA().cert_pem.bytes().decode().strip()

DEFAULTS = Settings(
    placement=PlacementSettings(
        runner_label="gitlab.com/runner-id",
        key_labels=("gitlab.com/runner-id",),
        volume_prefix="runner-cache",
        weights=(100, 95, 90, 85, 80, 75, 70, 65),
        max_age=14 * 86_400.0,
        term="field",
        audit=False,
    ),
    history=HistorySettings(ConfigMapStore("hookrunner", "hookrunner-history"), max_nodes=8, max_bytes=786_432),
    senders=SenderSettings(accounts=(), audience="hookrunner-record"),
    max_body_bytes=7_340_032,
    log_level="INFO",
    kubeconfig=None,
)

ALLOWED = {
    "FUNCTION_TARGET": "one of mutate, record, hook",
    "HOOKRUNNER_CACHE_VOLUME_PREFIX": "the beginning of a volume's name: small letters, digits and hyphens, 63 at most",
    "HOOKRUNNER_HISTORY": "configmap:<namespace>/<name>, file:<path> or memory:",
    "HOOKRUNNER_HISTORY_MAX_BYTES": "a number of bytes from 1024 to 1000000 (a ConfigMap holds 1 MiB)",
    "HOOKRUNNER_KEY_LABELS": "names of labels, separated by commas",
    "HOOKRUNNER_LOG_LEVEL": "one of debug, info, warning, error",
    "HOOKRUNNER_MAX_AGE": "a duration such as 12h or 14d, of 1m to 3650d",
    "HOOKRUNNER_MAX_BODY_BYTES": "a number of bytes from 65536 to 67108864",
    "HOOKRUNNER_MAX_NODES": "a whole number from 1 to 100",
    "HOOKRUNNER_MODE": "patch or audit",
    "HOOKRUNNER_RECORD_SENDERS": "ServiceAccounts as namespace/name, separated by commas",
    "HOOKRUNNER_RUNNER_LABEL": "a label's name, such as gitlab.com/runner-id",
    "HOOKRUNNER_TERM": "field or hostname",
    "HOOKRUNNER_WEIGHTS": (
        "1 to 100 whole numbers from 100 down to 1, separated by commas, none greater than the one before"
    ),
    "KUBECONFIG": "a kubeconfig file that is there",
    "K_CE_OVERRIDES": 'a JSON object such as {"extensions":{"name":"text"}}',
    "K_SINK": "the http or https URL that events are posted to",
}

WRONG = [
    ("FUNCTION_TARGET", "Mutate"),
    ("FUNCTION_TARGET", "scaler"),
    ("HOOKRUNNER_CACHE_VOLUME_PREFIX", "Runner"),
    ("HOOKRUNNER_CACHE_VOLUME_PREFIX", "-cache"),
    ("HOOKRUNNER_CACHE_VOLUME_PREFIX", "runner_cache"),
    ("HOOKRUNNER_CACHE_VOLUME_PREFIX", "a" * 64),
    ("HOOKRUNNER_HISTORY", "hookrunner/hookrunner-history"),
    ("HOOKRUNNER_HISTORY", "configmap:hookrunner-history"),
    ("HOOKRUNNER_HISTORY", "configmap:Hookrunner/history"),
    ("HOOKRUNNER_HISTORY", "configmap:a/b/c"),
    ("HOOKRUNNER_HISTORY", "configmap:../secrets/x"),
    ("HOOKRUNNER_HISTORY", "file:"),
    ("HOOKRUNNER_HISTORY", "memory:x"),
    ("HOOKRUNNER_HISTORY", "redis:x"),
    ("HOOKRUNNER_HISTORY_MAX_BYTES", "1023"),
    ("HOOKRUNNER_HISTORY_MAX_BYTES", "1000001"),
    ("HOOKRUNNER_HISTORY_MAX_BYTES", "1MiB"),
    ("HOOKRUNNER_KEY_LABELS", ","),
    ("HOOKRUNNER_KEY_LABELS", "gitlab.com/runner-id,-x"),
    ("HOOKRUNNER_KEY_LABELS", "gitlab.com/runner id"),
    ("HOOKRUNNER_LOG_LEVEL", "trace"),
    ("HOOKRUNNER_LOG_LEVEL", "10"),
    ("HOOKRUNNER_MAX_AGE", "14"),
    ("HOOKRUNNER_MAX_AGE", "59s"),
    ("HOOKRUNNER_MAX_AGE", "3651d"),
    ("HOOKRUNNER_MAX_AGE", "-1d"),
    ("HOOKRUNNER_MAX_BODY_BYTES", "65535"),
    ("HOOKRUNNER_MAX_BODY_BYTES", "67108865"),
    ("HOOKRUNNER_MAX_BODY_BYTES", "7e6"),
    ("HOOKRUNNER_MAX_NODES", "0"),
    ("HOOKRUNNER_MAX_NODES", "101"),
    ("HOOKRUNNER_MAX_NODES", "eight"),
    ("HOOKRUNNER_MODE", "dry-run"),
    ("HOOKRUNNER_RECORD_SENDERS", "informer"),
    ("HOOKRUNNER_RECORD_SENDERS", "hookrunner/informer,Hookrunner/x"),
    ("HOOKRUNNER_RECORD_SENDERS", "system:serviceaccount:hookrunner:informer"),
    ("HOOKRUNNER_RUNNER_LABEL", "gitlab.com/"),
    ("HOOKRUNNER_RUNNER_LABEL", "GitLab.com/runner-id"),
    ("HOOKRUNNER_RUNNER_LABEL", "a/b/c"),
    ("HOOKRUNNER_RUNNER_LABEL", "gitlab.com/" + "a" * 64),
    ("HOOKRUNNER_RUNNER_LABEL", "a" * 254 + "/runner-id"),
    ("HOOKRUNNER_TERM", "both"),
    ("HOOKRUNNER_WEIGHTS", "0"),
    ("HOOKRUNNER_WEIGHTS", "101,50"),
    ("HOOKRUNNER_WEIGHTS", "50,60"),
    ("HOOKRUNNER_WEIGHTS", "100;50"),
    ("HOOKRUNNER_WEIGHTS", ","),
    ("HOOKRUNNER_WEIGHTS", ",".join(["1"] * 101)),
    ("KUBECONFIG", "/nowhere/kubeconfig"),
    ("KUBECONFIG", "/"),
    ("K_CE_OVERRIDES", "not JSON"),
    ("K_CE_OVERRIDES", "[]"),
    ("K_CE_OVERRIDES", '{"extensions":{"name":1}}'),
    ("K_CE_OVERRIDES", '{"extensions":{"type":"x"}}'),
    ("K_CE_OVERRIDES", '{"extensions":{"my-team":"x"}}'),
    ("K_SINK", "record.hookrunner.svc"),
    ("K_SINK", "ftp://record"),
    ("K_SINK", "http://"),
    ("K_SINK", "http://record:port/"),
    ("K_SINK", "http://record:0/"),
    ("K_SINK", "http://["),
]


def read_all(environ: dict[str, str]) -> None:
    """Reads every setting of every function."""
    target_from(environ)
    settings_from(environ)
    hook_settings({"K_SINK": "http://sink", **environ})


def line(name: str, value: str) -> str:
    """The line that a wrong value gets."""
    shown = value if len(value) <= 80 else value[:80] + "…"
    return f"{name}={shown!r} is not valid: it must be {ALLOWED[name]}"


def test_defaults() -> None:
    """Without any variable, the settings are the documented defaults."""
    assert settings_from({}) == DEFAULTS
    assert target_from({}) == "mutate"
    assert hook_settings({"K_SINK": "http://sink"}) == HookSettings(Path("/etc/hookrunner/hook"), "http://sink", {})


def test_all_set() -> None:
    """Every variable is read into its place."""
    environ = {
        "HOOKRUNNER_CACHE_VOLUME_PREFIX": "cache-",
        "HOOKRUNNER_HISTORY": "file:/var/lib/history.yaml",
        "HOOKRUNNER_HISTORY_MAX_BYTES": "1024",
        "HOOKRUNNER_KEY_LABELS": "team, gitlab.com/runner-id",
        "HOOKRUNNER_LOG_LEVEL": "debug",
        "HOOKRUNNER_MAX_AGE": "12h",
        "HOOKRUNNER_MAX_BODY_BYTES": "65536",
        "HOOKRUNNER_MAX_NODES": "2",
        "HOOKRUNNER_MODE": "audit",
        "HOOKRUNNER_RECORD_AUDIENCE": "else",
        "HOOKRUNNER_RECORD_SENDERS": "hookrunner/informer,ci:replay",
        "HOOKRUNNER_RUNNER_LABEL": "runner",
        "HOOKRUNNER_TERM": "hostname",
        "HOOKRUNNER_WEIGHTS": "50,50,1",
        "KUBECONFIG": __file__,
    }
    assert settings_from(environ) == Settings(
        placement=PlacementSettings(
            runner_label="runner",
            key_labels=("team", "gitlab.com/runner-id"),
            volume_prefix="cache-",
            weights=(50, 50),
            max_age=43_200.0,
            term="hostname",
            audit=True,
        ),
        history=HistorySettings(FileStore(Path("/var/lib/history.yaml")), max_nodes=2, max_bytes=1024),
        senders=SenderSettings(accounts=("hookrunner/informer", "ci/replay"), audience="else"),
        max_body_bytes=65_536,
        log_level="DEBUG",
        kubeconfig=Path(__file__),
    )


def test_hook_all_set() -> None:
    """The hook's own variables are read into their places."""
    environ = {
        "HOOKRUNNER_HOOK_SECRETS": "/run/secrets/hook",
        "K_SINK": "https://broker.svc/default",
        "K_CE_OVERRIDES": '{"extensions":{"cluster":"eu-1"}}',
        "K_CA_CERTS": f"{CERTIFICATE}\n",
    }
    expected = HookSettings(Path("/run/secrets/hook"), "https://broker.svc/default", {"cluster": "eu-1"}, CERTIFICATE)
    assert hook_settings(environ) == expected


def test_key_follows_the_runner_label() -> None:
    """The key's labels are the runner label, unless they are set."""
    placement = settings_from({"HOOKRUNNER_RUNNER_LABEL": "runner"}).placement
    assert (placement.runner_label, placement.key_labels) == ("runner", ("runner",))


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ("configmap:ci/my.history", ConfigMapStore("ci", "my.history")),
        ("file:history.yaml", FileStore(Path("history.yaml"))),
        ("file:/with:colon", FileStore(Path("/with:colon"))),
        ("memory:", MemoryStore()),
    ],
)
def test_store(text: str, store: StoreSetting) -> None:
    """Each form of HOOKRUNNER_HISTORY is its store."""
    assert settings_from({"HOOKRUNNER_HISTORY": text}).history.store == store


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value[:40]}" for name, value in WRONG])
def test_wrong(name: str, value: str) -> None:
    """A wrong value is one line that names the variable, the value and what is allowed."""
    with pytest.raises(SettingError) as caught:
        read_all({name: value})
    assert str(caught.value) == line(name, value)


def test_each_variable_is_in_the_table() -> None:
    """No variable that can be wrong is missing from the table of wrong values."""
    assert {name for name, _ in WRONG} == set(ALLOWED)


def test_sink_is_needed() -> None:
    """The hook cannot do without a sink."""
    with pytest.raises(SettingError) as caught:
        hook_settings({})
    assert str(caught.value) == line("K_SINK", "")


def test_certificates_that_are_none_are_refused_unseen() -> None:
    """Somebody may have put a private key in their place: the line says which setting, and shows nothing of it."""
    with pytest.raises(SettingError) as caught:
        hook_settings({"K_SINK": "https://sink", "K_CA_CERTS": CERTIFICATE[:200]})
    assert str(caught.value) == "K_CA_CERTS is not valid: it must be certificates as PEM, whole ones"
