"""Who may do what: every right that config/ gives, as one table."""

from collections.abc import Iterator

import pytest

from tests.config.rendering import Json, of_kind

pytestmark = pytest.mark.controlplane

Right = tuple[str, str, str, str, str, str]

RIGHTS: list[Right] = [
    ("informer", "cluster", "", "nodes", "", "list watch"),
    ("informer", "cluster", "", "pods", "", "list watch"),
    ("informer", "hookrunner", "coordination.k8s.io", "leases", "hookrunner-informer", "get patch"),
    ("mutate", "hookrunner", "", "configmaps", "hookrunner-history", "get list watch"),
    ("record", "cluster", "authentication.k8s.io", "tokenreviews", "", "create"),
    ("record", "hookrunner", "", "configmaps", "hookrunner-history", "get patch"),
]


def test_rights(default: list[Json]) -> None:
    """The Roles and their bindings give each identity these rights and no other."""
    assert sorted(_rights(default)) == RIGHTS


def test_every_workload_has_an_identity_of_its_own(default: list[Json]) -> None:
    """Each function and the informer run as the ServiceAccount of their name; the hook has no token at all."""
    workloads = of_kind(default, "Service", "serving.knative.dev") + of_kind(default, "Deployment")
    accounts = {
        found["metadata"]["name"]: found.get("automountServiceAccountToken", True)
        for found in of_kind(default, "ServiceAccount")
    }
    identities = {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]["serviceAccountName"] for found in workloads
    }
    assert identities == {name: name for name in ("mutate", "record", "hook", "informer")}
    assert accounts == {"mutate": True, "record": True, "hook": False, "informer": True}


def _rights(objects: list[Json]) -> Iterator[Right]:
    roles = {
        (found["kind"], found["metadata"]["name"]): found["rules"]
        for kind in ("Role", "ClusterRole")
        for found in of_kind(objects, kind)
    }
    for binding in of_kind(objects, "RoleBinding") + of_kind(objects, "ClusterRoleBinding"):
        where = "cluster" if binding["kind"] == "ClusterRoleBinding" else binding["metadata"]["namespace"]
        for subject in binding["subjects"]:
            assert (subject["kind"], subject["namespace"]) == ("ServiceAccount", "hookrunner")
            for rule in roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]]:
                yield from _flat(subject["name"], where, rule)


def _flat(account: str, where: str, rule: Json) -> Iterator[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            names = " ".join(rule.get("resourceNames", []))
            yield account, where, group, resource, names, " ".join(rule["verbs"])
