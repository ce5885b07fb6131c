"""A MutatingWebhookConfiguration by the rules of good practice, installed and seen to be called."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from tests.controlplane.client import Json, Kube
from tests.controlplane.workloads import RUNNER_LABEL, Pods
from tests.support.waiting import PATIENCE_SECONDS, wait_until

_PATH = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
_CALLS = "apiserver_admission_webhook_admission_duration_seconds_count"

# What a webhook for placement has no business with; the API server then does not call it. A mirror pod always
# has a nodeName, or is refused.
MATCH_CONDITIONS: tuple[Json, ...] = (
    {"name": "not-bound", "expression": "!has(object.spec.nodeName) || object.spec.nodeName == ''"},
    {
        "name": "not-a-pause-pod",
        "expression": "!('runner.gitlab.com/pause-pod' in object.metadata.?labels.orValue({}))",
    },
)


@dataclass(frozen=True)
class Webhook:
    """What may differ from one webhook to the next; `url` is https, with a certificate of the authority.

    It sees pods that are created in `namespace` and carry the runner label, unless the selectors say otherwise;
    `object_selector` {} and `match_conditions` () let it see every pod of the namespace.
    """

    name: str
    url: str
    namespace: str
    timeout_seconds: int = 1
    failure_policy: str = "Ignore"
    reinvocation_policy: str = "IfNeeded"
    namespace_selector: Json | None = None
    object_selector: Json | None = None
    match_conditions: Sequence[Json] = MATCH_CONDITIONS

    def configuration(self, authority: bytes) -> Json:
        """Return the MutatingWebhookConfiguration; `authority` is the PEM that signed the server."""
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": self.name},
            "webhooks": [{**self._rules(), **self._call(authority)}],
        }

    def _rules(self) -> Json:
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
        here = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        runners = {"matchExpressions": [{"key": RUNNER_LABEL, "operator": "Exists"}]}
        return {
            "rules": [{**rule, "scope": "Namespaced"}],
            "namespaceSelector": here if self.namespace_selector is None else self.namespace_selector,
            "objectSelector": runners if self.object_selector is None else self.object_selector,
            "matchConditions": list(self.match_conditions),
            "matchPolicy": "Equivalent",
        }

    def _call(self, authority: bytes) -> Json:
        return {
            "name": f"{self.name}.hookrunner.test",
            "clientConfig": {"url": self.url, "caBundle": base64.b64encode(authority).decode()},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": self.timeout_seconds,
            "failurePolicy": self.failure_policy,
            "reinvocationPolicy": self.reinvocation_policy,
        }


class Webhooks:
    """Installs webhooks and removes them."""

    def __init__(self, kube: Kube, authority: bytes) -> None:
        self._kube = kube
        self._authority = authority
        self._installed: list[str] = []

    def install(self, webhook: Webhook, probe: Json, seconds: float = PATIENCE_SECONDS) -> None:
        """Install a webhook and wait until the API server calls it for `probe`, a pod that it matches.

        The API server picks a configuration up a moment after it was written. `probe` is created in dry runs;
        the server that is called sees these reviews. It may be down: a failed call counts too.

        Raises:
            TimeoutError: it was not called in time; does it match the probe?

        """
        self._kube.create(_PATH, webhook.configuration(self._authority))
        self._installed.append(webhook.name)
        before = self.calls(webhook.name)

        def called() -> bool:
            Pods(self._kube, webhook.namespace).create(probe, dry_run=True)
            return self.calls(webhook.name) > before

        wait_until(called, f"the API server calls {webhook}", seconds)

    def calls(self, name: str) -> int:
        """Return how often the API server has called the webhook since it started, failed calls too."""
        label = f'name="{name}.hookrunner.test"'
        lines = self._kube.text("/metrics").splitlines()
        return sum(int(line.split()[-1]) for line in lines if line.startswith(_CALLS) and label in line)

    def remove_all(self) -> None:
        """Remove every webhook that this object installed."""
        while self._installed:
            self._kube.delete(f"{_PATH}/{self._installed.pop()}")
