"""Row 7: who may record, and what each identity may do in the cluster."""

import json

import pytest

from tests.e2e import inside
from tests.e2e.cluster import NAMESPACE, Cluster, CommandError

pytestmark = pytest.mark.e2e

URL = f"http://record.{NAMESPACE}.svc.cluster.local"
EVENT = {
    "specversion": "1.0",
    "id": "e2e",
    "source": "/e2e",
    "type": "dev.hookrunner.pod.bound.v1",
    "data": {
        "key": "e2e-forged",
        "node": "node-1",
        "boundAt": "2026-11-24T08:00:00Z",
        "podUid": "e2e",
        "namespace": "ci",
        "runnerId": "e2e-forged",
        "projectId": "11",
    },
}
SENDERS = {
    "nobody": ("", "", 401),
    "a forged token": ("not.a.token", "", 401),
    "the informer's token for the API server": ("", "informer --audience=https://kubernetes.default.svc", 401),
    "somebody else's token for record": ("", "mutate --audience=hookrunner-record", 403),
    "the informer": ("", "informer --audience=hookrunner-record", 204),
}
# resource, what of it: the verbs, besides those that every ServiceAccount has.
RIGHTS = {
    "mutate": {("configmaps", "hookrunner-history"): ["get", "list", "watch"]},
    "record": {
        ("configmaps", "hookrunner-history"): ["get", "patch"],
        ("tokenreviews.authentication.k8s.io", ""): ["create"],
    },
    "hook": {},
    "informer": {
        ("leases.coordination.k8s.io", "hookrunner-informer"): ["get", "patch"],
        ("nodes", ""): ["list", "watch"],
        ("pods", ""): ["list", "watch"],
    },
}


@pytest.mark.parametrize(("token", "account", "status"), SENDERS.values(), ids=SENDERS)
def test_who_may_record(installed: Cluster, token: str, account: str, status: int) -> None:
    """Only the informer's own token, for record's audience, is taken."""
    if account:
        token = installed.kubectl("create", "token", *account.split(), "--namespace", NAMESPACE).strip()
    event = json.dumps(EVENT)
    args = (URL, "/e2e/event.json", "application/cloudevents+json", token)
    answer = inside.start(installed, "post", *args, files={"event.json": event}).result(120)
    assert answer[0] == status, answer[1]


@pytest.mark.parametrize("account", RIGHTS)
def test_rights(installed: Cluster, account: str) -> None:
    """`kubectl auth can-i --list` says of each identity what the Roles give, and nothing else."""
    everybody = _rights(installed, "default")
    own = {what: verbs for what, verbs in _rights(installed, account).items() if everybody.get(what) != verbs}
    assert own == RIGHTS[account]


@pytest.mark.parametrize(
    ("account", "verb", "what"),
    [
        ("mutate", "patch", "configmap/hookrunner-history"),
        ("mutate", "list", "pods"),
        ("mutate", "get", "secrets"),
        ("record", "list", "pods"),
        ("record", "get", "configmap/kube-root-ca.crt"),
        ("record", "delete", "configmap/hookrunner-history"),
        ("informer", "get", "configmap/hookrunner-history"),
        ("informer", "create", "pods"),
        ("hook", "get", "secret/hookrunner-hook"),
    ],
)
def test_may_not(installed: Cluster, account: str, verb: str, what: str) -> None:
    """What would matter most if it were wrong."""
    identity = f"--as=system:serviceaccount:{NAMESPACE}:{account}"
    with pytest.raises(CommandError) as raised:
        installed.kubectl("auth", "can-i", verb, what, "--namespace", NAMESPACE, identity)
    assert str(raised.value).endswith("` ended with 1:\nno\n")


def _rights(cluster: Cluster, account: str) -> dict[tuple[str, str], list[str]]:
    identity = f"--as=system:serviceaccount:{NAMESPACE}:{account}"
    said = cluster.kubectl("auth", "can-i", "--list", "--namespace", NAMESPACE, "--no-headers", identity)
    found = {}
    for line in said.splitlines():
        resource, _, rest = line.partition(" ")
        _, names, verbs = (part.partition("]")[0] for part in rest.split("[")[1:])
        found[resource, names] = sorted(verbs.split())
    return found
