"""Each func.yaml says the same as config/ does, so that `func deploy` and `make deploy` may follow one another."""

import pytest
import yaml

from tests.config.rendering import ROOT, Json, function, pod_spec

pytestmark = pytest.mark.controlplane

SCALE = {"min": "min-scale", "max": "max-scale", "metric": "metric", "target": "target"}
FILES = {"mutate": "func.yaml", "record": "functions/record/func.yaml", "hook": "functions/hook/func.yaml"}


@pytest.mark.parametrize(("name", "path"), FILES.items(), ids=FILES)
def test_agrees_with_config(default: list[Json], name: str, path: str) -> None:
    """Environment, identity, health, resources, scale, visibility and volumes of a function are the same in both."""
    assert _by_func(yaml.safe_load((ROOT / path).read_text())) == _by_config(function(default, name))


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_holds_nothing_of_a_deploy(path: str) -> None:
    """What func writes after a deploy is not kept: a later build would push to a digest, and fail."""
    found = yaml.safe_load((ROOT / path).read_text())
    assert found["build"] == {"builder": "host"}
    assert not {"image", "registry", "registryInsecure"} & found.keys()
    assert "image" not in found["deploy"]


def _by_func(function: Json) -> Json:
    deploy = function["deploy"]
    return {
        "name": function["name"],
        "env": function["run"]["envs"],
        "account": deploy["serviceAccountName"],
        "health": deploy["healthEndpoints"],
        "resources": deploy["options"]["resources"],
        "scale": {SCALE[key]: str(value) for key, value in deploy["options"]["scale"].items()},
        "queue-proxy": deploy["annotations"],
        "labels": {label["key"]: label["value"] for label in deploy.get("labels", [])},
        "secrets": {volume["secret"]: volume["path"] for volume in function["run"].get("volumes", [])},
    }


def _by_config(service: Json) -> Json:
    spec = pod_spec(service)
    (container,) = spec["containers"]
    annotations = service["spec"]["template"]["metadata"]["annotations"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", [])}
    return {
        "name": service["metadata"]["name"],
        "env": container["env"],
        "account": spec["serviceAccountName"],
        "health": {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("liveness", "readiness")},
        "resources": container["resources"],
        "scale": _scale(annotations),
        "queue-proxy": {key: value for key, value in annotations.items() if key.startswith("queue.sidecar.")},
        "labels": {key: value for key, value in service["metadata"]["labels"].items() if "knative" in key},
        "secrets": {volume["secret"]["secretName"]: mounts[volume["name"]] for volume in spec.get("volumes", [])},
    }


def _scale(annotations: dict[str, str]) -> dict[str, str]:
    """What func can say of scaling; target-burst-capacity it cannot (docs/adr/0030)."""
    found = {key.partition("/")[2]: value for key, value in annotations.items() if key.startswith("autoscaling.")}
    return {key: value for key, value in found.items() if key in SCALE.values()}
