"""Every kustomization builds, and leads the API server to the gateway that it names."""

from pathlib import Path

import pytest

from function.events import NODE_REMOVED, POD_BOUND
from tests.config.rendering import CONFIG, Json, function, of_kind, rendered

pytestmark = pytest.mark.controlplane

GATEWAYS = {
    "default": "kourier.kourier-system.svc",
    "overlays/any": "gateway.example.svc",
    "overlays/audit": "kourier.kourier-system.svc",
    "overlays/contour": "envoy.contour-external.svc",
    "overlays/eventing": "kourier.kourier-system.svc",
    "overlays/istio": "istio-ingressgateway.istio-system.svc",
    "overlays/lab": "gateway.lab-gateway.svc",
    "overlays/monitoring": "kourier.kourier-system.svc",
    "overlays/self-signed": "kourier.kourier-system.svc",
}


def test_every_overlay_has_a_row() -> None:
    """The table has every kustomization that a person may apply."""
    overlays = sorted(str(path.relative_to(CONFIG)) for path in (CONFIG / "overlays").iterdir())
    assert sorted(GATEWAYS) == ["default", *overlays]


@pytest.mark.parametrize(("overlay", "host"), GATEWAYS.items(), ids=GATEWAYS)
def test_the_gateway(kubectl: Path, overlay: str, host: str) -> None:
    """One name is in all places that must agree: the mapping, its claim, the certificate and the webhook's Service."""
    objects = rendered(kubectl, overlay)
    (mapping,), (claim,) = of_kind(objects, "DomainMapping"), of_kind(objects, "ClusterDomainClaim")
    certificates = [
        found["spec"]["dnsNames"] for found in of_kind(objects, "Certificate") if "dnsNames" in found["spec"]
    ]
    by_script = overlay in {"overlays/lab", "overlays/self-signed"}
    assert {
        "mapping": mapping["metadata"]["name"],
        "claim": claim["metadata"]["name"],
        "certificates": certificates,
        "service": "{name}.{namespace}.svc".format(**_service(objects)),
    } == {"mapping": host, "claim": host, "certificates": [] if by_script else [[host]], "service": host}


@pytest.mark.parametrize("overlay", GATEWAYS)
def test_nothing_of_the_overlay_itself_is_applied(kubectl: Path, overlay: str) -> None:
    """The ConfigMap that names the gateway stays on this side."""
    maps = of_kind(rendered(kubectl, overlay), "ConfigMap")
    assert [found["metadata"]["name"] for found in maps] == ["hookrunner-history"]


def test_audit_tells_and_patches_nothing(kubectl: Path, default: list[Json]) -> None:
    """The audit overlay adds one setting to mutate, and differs in nothing else."""
    audit = rendered(kubectl, "overlays/audit")
    environ = function(audit, "mutate")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environ.pop() == {"name": "HOOKRUNNER_MODE", "value": "audit"}
    assert audit == default


def test_monitoring_adds_what_prometheus_finds(kubectl: Path, default: list[Json]) -> None:
    """The monitoring overlay adds the Services and the ServiceMonitor, and changes nothing."""
    added = [found for found in rendered(kubectl, "overlays/monitoring") if found not in default]
    names = [(found["kind"], found["metadata"]["name"]) for found in added]
    assert names == [
        ("Service", "functions-metrics"),
        ("Service", "informer-metrics"),
        ("ServiceMonitor", "hookrunner"),
    ]


def test_eventing_puts_a_broker_between(kubectl: Path, default: list[Json]) -> None:
    """The informer gets its sink from the SinkBinding and keeps record's token to itself; record takes all senders."""
    eventing = rendered(kubectl, "overlays/eventing")
    added = [found for found in eventing if (found["kind"], found["metadata"]["name"]) not in _names(default)]
    (informer,) = of_kind(eventing, "Deployment")
    (container,) = informer["spec"]["template"]["spec"]["containers"]
    record = function(eventing, "record")["spec"]["template"]["spec"]["containers"][0]["env"]

    assert [(found["kind"], found["metadata"]["name"]) for found in added] == [
        ("Broker", "hookrunner"),
        ("Trigger", "record-node-removed"),
        ("Trigger", "record-pod-bound"),
        ("SinkBinding", "informer"),
    ]
    assert container["env"] == [
        {"name": "HOOKRUNNER_SINK_BATCH", "value": "never"},
        {"name": "HOOKRUNNER_LEASE", "value": "hookrunner/hookrunner-informer"},
    ]
    assert [each["value"] for each in record if each["name"] == "HOOKRUNNER_RECORD_SENDERS"] == [""]


def test_every_event_has_a_trigger(kubectl: Path) -> None:
    """What the informer sends reaches record."""
    triggers = of_kind(rendered(kubectl, "overlays/eventing"), "Trigger")
    types = sorted(trigger["spec"]["filter"]["attributes"]["type"] for trigger in triggers)
    assert types == [NODE_REMOVED, POD_BOUND]


def _names(objects: list[Json]) -> set[tuple[str, str]]:
    return {(found["kind"], found["metadata"]["name"]) for found in objects}


def _service(objects: list[Json]) -> dict[str, str]:
    (webhook,) = of_kind(objects, "MutatingWebhookConfiguration")
    service: dict[str, str] = webhook["webhooks"][0]["clientConfig"]["service"]
    return service
