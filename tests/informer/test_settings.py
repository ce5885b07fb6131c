"""The informer's settings: what they become, and what a wrong one says."""

from pathlib import Path

import pytest
import trustme

from function.errors import SettingError
from informer.bindings import Naming
from informer.lease import LeaseName
from informer.settings import Settings, SinkSettings, settings_from

SINK = {"K_SINK": "http://record.hookrunner.svc", "HOSTNAME": "informer-0"}


CERTIFICATE = trustme.CA().cert_pem.bytes().decode().strip()


def test_what_is_not_set_has_a_default() -> None:
    """Only the sink must be named."""
    assert settings_from(SINK) == Settings(
        sink=SinkSettings("http://record.hookrunner.svc", None, "", batch=True),
        naming=Naming("kubernetes", "gitlab.com/runner-id", ("gitlab.com/runner-id",), {}),
        lease=LeaseName("hookrunner", "hookrunner-informer", "informer-0"),
        port=8081,
        behind=60.0,
        log_level="INFO",
    )


def test_all_of_them() -> None:
    """Each setting, as Knative's SinkBinding and a Deployment would set it."""
    environ = {
        "K_SINK": "https://broker-ingress.knative-eventing.svc/ci/default",
        "K_CE_OVERRIDES": '{"extensions":{"team":"ci"}}',
        "K_CA_CERTS": f"{CERTIFICATE}\n",
        "HOOKRUNNER_SINK_TOKEN_FILE": "/var/run/secrets/hookrunner/token",
        "HOOKRUNNER_SINK_BATCH": "never",
        "HOOKRUNNER_CLUSTER": "prod-1",
        "HOOKRUNNER_RUNNER_LABEL": "ci/runner",
        "HOOKRUNNER_KEY_LABELS": "ci/runner, ci/project",
        "HOOKRUNNER_LEASE": "ci/informer",
        "HOOKRUNNER_IDENTITY": "me",
        "HOOKRUNNER_INFORMER_PORT": "9090",
        "HOOKRUNNER_INFORMER_BEHIND": "5m",
        "HOOKRUNNER_LOG_LEVEL": "debug",
    }

    assert settings_from(environ) == Settings(
        sink=SinkSettings(
            "https://broker-ingress.knative-eventing.svc/ci/default",
            Path("/var/run/secrets/hookrunner/token"),
            CERTIFICATE,
            batch=False,
        ),
        naming=Naming("prod-1", "ci/runner", ("ci/runner", "ci/project"), {"team": "ci"}),
        lease=LeaseName("ci", "informer", "me"),
        port=9090,
        behind=300.0,
        log_level="DEBUG",
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("K_SINK", "", "must be the http or https URL"),
        ("K_SINK", "record.hookrunner.svc", "an http or https URL"),
        ("K_SINK", "ftp://record", "an http or https URL"),
        ("K_SINK", "http://", "an http or https URL"),
        ("K_SINK", "http://record:port/", "an http or https URL"),
        ("K_CA_CERTS", "/etc/ssl/ca.pem", "is not valid: it must be certificates as PEM, whole ones"),
        ("K_CA_CERTS", CERTIFICATE[:200], "certificates as PEM"),
        ("K_CA_CERTS", f"{CERTIFICATE}\n{CERTIFICATE[:200]}", "certificates as PEM"),
        ("K_CA_CERTS", "naïve", "certificates as PEM"),
        ("K_CE_OVERRIDES", "extensions", "JSON such as"),
        ("K_CE_OVERRIDES", '{"extensions":{"type":"x"}}', "CloudEvents does not define"),
        ("K_CE_OVERRIDES", '{"extensions":{"my-team":"x"}}', "names of a-z and 0-9"),
        ("HOOKRUNNER_SINK_BATCH", "always", "auto or never"),
        ("HOOKRUNNER_CLUSTER", "prod 1", "letters, digits"),
        ("HOOKRUNNER_LEASE", "informer", "<namespace>/<name>"),
        ("HOOKRUNNER_LEASE", "Hookrunner/informer", "<namespace>/<name>"),
        ("HOOKRUNNER_INFORMER_PORT", "0", "a port from 1 to 65535"),
        ("HOOKRUNNER_INFORMER_BEHIND", "60", "a duration such as"),
        ("HOOKRUNNER_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
    ],
)
def test_a_wrong_one_says_what_is_allowed(name: str, value: str, allowed: str) -> None:
    """One line, with the variable's name and what is allowed."""
    with pytest.raises(SettingError) as caught:
        settings_from({**SINK, name: value})

    message = str(caught.value)
    assert message.startswith(name)
    assert allowed in message
    assert "\n" not in message
