"""Every kustomization builds, and leads the API server to the gateway that it names."""

from pathlib import Path

import pytest

from tests.config.rendering import CONFIG, Json, function, of_kind, rendered

pytestmark = pytest.mark.controlplane

GATEWAYS = {
    "default": "kourier.kourier-system.svc",
    "overlays/any": "gateway.example.svc",
    "overlays/audit": "kourier.kourier-system.svc",
    "overlays/contour": "envoy.contour-external.svc",
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


def _service(objects: list[Json]) -> dict[str, str]:
    (webhook,) = of_kind(objects, "MutatingWebhookConfiguration")
    service: dict[str, str] = webhook["webhooks"][0]["clientConfig"]["service"]
    return service
