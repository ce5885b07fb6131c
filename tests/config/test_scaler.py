"""The scaler's manifests and examples: confined, and understood by the scaler itself."""

from pathlib import Path

import pytest

from scaler import credentials
from scaler.queries import parse
from scaler.settings import Tls, from_environ
from tests.config.rendering import Json, function, of_kind, pod_spec, rendered
from tests.config.test_pods import SECURITY

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module")
def objects(kubectl: Path) -> list[Json]:
    """The objects of config/scaler."""
    return rendered(kubectl, "scaler")


@pytest.fixture(scope="module")
def examples(kubectl: Path) -> list[Json]:
    """The objects of config/examples."""
    return rendered(kubectl, "examples")


def container(objects: list[Json]) -> Json:
    """The scaler's container."""
    (deployment,) = of_kind(objects, "Deployment")
    (found,) = pod_spec(deployment)["containers"]
    return dict(found)


def test_confined(objects: list[Json]) -> None:
    """The pod is confined as the others are, has no token for the API server, and is probed."""
    found = container(objects)
    (account,) = of_kind(objects, "ServiceAccount")
    assert found["securityContext"] == SECURITY
    assert {"readinessProbe", "livenessProbe", "resources"} <= found.keys()
    assert account["automountServiceAccountToken"] is False


def test_never_two_at_once(objects: list[Json]) -> None:
    """A roll-out ends the old replica before the new one starts: each would have the whole rate-limit budget."""
    (deployment,) = of_kind(objects, "Deployment")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_mounts_are_where_the_scaler_looks(objects: list[Json]) -> None:
    """Credentials and CAs are mounted where the settings' defaults look for them, and ports are theirs."""
    settings, found = from_environ({}), container(objects)
    mounts = {mount["name"]: Path(mount["mountPath"]) for mount in found["volumeMounts"]}
    ports = {port["name"]: port["containerPort"] for port in found["ports"]}
    assert mounts == {"credentials": settings.credentials.parent, "ca": settings.ca_folder}
    assert ports == {"grpc": int(settings.grpc_address.rpartition(":")[2]), "metrics": settings.http_port}


def test_hook_stands_by(default: list[Json]) -> None:
    """A cold start would come between a job and its runner."""
    annotations = function(default, "hook")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/min-scale"] == "1"


def test_hook_posts_to_the_service(objects: list[Json], default: list[Json]) -> None:
    """The hook function's sink is the Service's HTTP port."""
    (service,) = of_kind(objects, "Service")
    hook = function(default, "hook")
    environ = {it["name"]: it["value"] for it in pod_spec(hook)["containers"][0]["env"]}
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert environ["K_SINK"] == f"http://{service['metadata']['name']}.hookrunner.svc:{ports['metrics']}"


def test_only_keda_may_ask(objects: list[Json]) -> None:
    """GRPC is reached from KEDA's namespace alone."""
    (policy,) = of_kind(objects, "NetworkPolicy")
    (grpc,) = [rule for rule in policy["spec"]["ingress"] if rule["ports"] == [{"port": 9090}]]
    assert grpc["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}]


@pytest.mark.parametrize("kind", ["ScaledObject", "ScaledJob"])
def test_example_triggers(examples: list[Json], kind: str) -> None:
    """The examples' triggers are queries that the scaler takes, with running jobs, as both kinds need here."""
    (found,) = of_kind(examples, kind)
    (trigger,) = found["spec"]["triggers"]
    query = parse(trigger["metadata"])
    tags = frozenset({"docker", "linux"})
    assert (query.source.level, query.source.running, query.selection.tags) == ("group", True, tags)


def test_example_credentials(examples: list[Json], tmp_path: Path) -> None:
    """The example Secret holds a credential for the examples' GitLab and namespace."""
    (secret,) = of_kind(examples, "Secret")
    (tmp_path / "credentials.yaml").write_text(secret["stringData"]["credentials.yaml"])
    known = credentials.read(tmp_path / "credentials.yaml")
    for kind in ("ScaledObject", "ScaledJob"):
        (found,) = of_kind(examples, kind)
        source = parse(found["spec"]["triggers"][0]["metadata"]).source
        known[source.credential].check(source, found["metadata"]["namespace"])


def test_mutual_tls(kubectl: Path) -> None:
    """With mutual TLS the settings name three files of what is mounted."""
    found = container(rendered(kubectl, "scaler-mtls"))
    tls = from_environ({it["name"]: it["value"] for it in found["env"]}).tls
    folder = Path(next(it["mountPath"] for it in found["volumeMounts"] if it["name"] == "tls"))
    assert tls == Tls(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
