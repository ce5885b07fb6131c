"""The control plane itself: real programs that start, schedule, crash, and are gone afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.controlplane.client import Kube
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.errors import ApiError, StartError
from tests.controlplane.namespaces import create_namespace, create_service_account
from tests.controlplane.nodes import Nodes
from tests.controlplane.options import Options
from tests.controlplane.processes import Process
from tests.controlplane.programs import Programs
from tests.controlplane.workloads import RUN_FOR, Pods, preferred_node, runner_pod
from tests.support.waiting import wait_until

pytestmark = pytest.mark.controlplane
Starter = Callable[[Options], ControlPlane]

# Starts a control plane, says the pids of its programs, and waits for its own end.
_CRASH_DUMMY = """
import os, pathlib, signal, sys
from tests.controlplane.cache import cache_folder
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.programs import Programs
running = ControlPlane(Programs.of(cache_folder(os.environ), os.environ), pathlib.Path(sys.argv[1]))
running.start()
print(*(process.pid for process in (running.etcd, running.apiserver, running.scheduler)), flush=True)
signal.pause()
"""


def test_the_api_server_tells_the_pinned_version(kube: Kube) -> None:
    """Its version is stamped into it from go.mod, as clients check it."""
    assert kube.get("/version")["gitVersion"] == "v1.37.2"


def test_the_scheduler_binds_a_runners_pod(nodes: Nodes, pods: Pods) -> None:
    """A pod of the real runner is bound to a node without a kubelet."""
    nodes.add(1)

    assert pods.run(runner_pod()) == "node-1"


def test_a_preferred_node_wins_among_five(nodes: Nodes, pods: Pods) -> None:
    """A preference of weight 100 decides, for each node in turn."""
    names = nodes.add(5)

    assert [pods.run(runner_pod(affinity=preferred_node(name))) for name in names] == names


def test_cordoned_unready_and_deleted_nodes_get_no_pods(nodes: Nodes, pods: Pods) -> None:
    """A preference for a node that cannot take the pod leads elsewhere."""
    cordoned, unready, deleted, _ = nodes.add(4)
    nodes.cordon(cordoned)
    nodes.set_ready(unready, ready=False)
    nodes.delete(deleted)

    bound = [pods.run(runner_pod(affinity=preferred_node(name))) for name in (cordoned, unready, deleted)]

    assert bound == ["node-4", "node-4", "node-4"]


def test_an_unbound_pod_fails_the_wait_with_the_schedulers_reason(pods: Pods) -> None:
    """Without a node the time-out tells why."""
    with pytest.raises(TimeoutError, match="no nodes available to schedule pods"):
        pods.run(runner_pod(), seconds=1)


def test_a_token_is_good_for_its_audience_alone(controlplane: ControlPlane, namespace: str) -> None:
    """TokenRequest issues, TokenReview knows the ServiceAccount, and another audience is refused."""
    create_service_account(controlplane.kube, namespace, "informer")
    token = controlplane.token(namespace, "informer", audience="hookrunner-record")

    def review(audience: str) -> tuple[bool, str | None]:
        spec = {"token": token, "audiences": [audience]}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        status = controlplane.kube.create("/apis/authentication.k8s.io/v1/tokenreviews", body)["status"]
        return status.get("authenticated", False), status["user"].get("username")

    assert review("hookrunner-record") == (True, f"system:serviceaccount:{namespace}:informer")
    assert review("another") == (False, None)


def test_kubeconfigs_tell_who_one_is(controlplane: ControlPlane, programs: Programs, namespace: str) -> None:
    """Kubectl with each of them is the administrator, a user of a group, or a ServiceAccount."""
    kubeconfigs = [
        controlplane.kubeconfig(),
        controlplane.kubeconfig("alice", "developers"),
        controlplane.service_account_kubeconfig(namespace, "default"),
    ]

    def whoami(kubeconfig: Path) -> str:
        question = [str(programs.path("kubectl")), "auth", "whoami", "-o=jsonpath={.status.userInfo.username}"]
        environ = {"KUBECONFIG": str(kubeconfig), "HOME": str(kubeconfig.parent)}
        return subprocess.run(question, env=environ, check=True, capture_output=True, text=True).stdout

    assert [whoami(each) for each in kubeconfigs] == [
        "test-admin",
        "alice",
        f"system:serviceaccount:{namespace}:default",
    ]


def test_a_service_account_may_do_nothing_unless_a_role_says_so(controlplane: ControlPlane, namespace: str) -> None:
    """RBAC is on."""
    client = controlplane.client(controlplane.token(namespace, "default"))

    with pytest.raises(ApiError, match="403 Forbidden"):
        client.items(f"/api/v1/namespaces/{namespace}/configmaps")


def test_objects_outlive_a_crash_of_etcd_and_api_server(new_controlplane: Starter) -> None:
    """Both are killed and started on the same ports and data."""
    own = new_controlplane(Options())
    create_namespace(own.kube, "kept")

    own.apiserver.kill()
    own.etcd.restart()
    own.apiserver.start()

    assert own.kube.get("/api/v1/namespaces/kept/serviceaccounts/default")["metadata"]["name"] == "default"


def test_a_compacted_revision_is_gone_after_a_restart(new_controlplane: Starter) -> None:
    """A watch from a revision that etcd has forgotten gets 410, as after a long outage."""
    own = new_controlplane(Options())
    old = own.kube.get("/api/v1/namespaces")["metadata"]["resourceVersion"]
    create_namespace(own.kube, "new")

    own.compact()
    own.apiserver.restart()

    [event] = own.kube.watch("/api/v1/namespaces", 5, resourceVersion=old)
    assert (event.type, event.object["code"]) == ("ERROR", 410)


def test_the_audit_log_tells_each_create_and_binding(new_controlplane: Starter) -> None:
    """With `audit` on, both are in the log soon after the pod is bound: the log is written after the answer."""
    own = new_controlplane(Options(audit=True))
    Nodes(own.kube).add(1)
    create_namespace(own.kube, "ci")

    Pods(own.kube, "ci").run(runner_pod("job-1"))

    wait_until(lambda: len(own.audit_events()) == 2, "the creation and the binding in the audit log")
    created, bound = own.audit_events()
    assert created["requestObject"]["metadata"]["name"] == "job-1"
    assert bound["requestObject"]["target"] == {"kind": "Node", "name": "node-1"}


def test_kwok_lets_pods_run_and_end(new_controlplane: Starter) -> None:
    """With `kwok` on, a pod ends well after the time of its annotation, and a deleted one goes."""
    own = new_controlplane(Options(kwok=True))
    Nodes(own.kube).add(1)
    create_namespace(own.kube, "ci")
    pods = Pods(own.kube, "ci")

    pods.run(runner_pod("job-1", annotations={RUN_FOR: "100ms"}))
    pods.wait_phase("job-1", "Succeeded")
    own.kube.delete("/api/v1/namespaces/ci/pods/job-1")

    wait_until(lambda: not own.kube.items("/api/v1/namespaces/ci/pods"), "the pod is gone")


def test_a_killed_test_run_leaves_nothing_running(tmp_path: Path) -> None:
    """The kernel ends every program when the process that started them is killed."""
    command = [sys.executable, "-c", _CRASH_DUMMY, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        pids = [int(pid) for pid in run.stdout.readline().split()]
        alive = [_is_alive(pid) for pid in pids]
        os.kill(run.pid, signal.SIGKILL)

    assert alive == [True, True, True]
    wait_until(lambda: not any(_is_alive(pid) for pid in pids), "all three have ended")


def test_a_program_that_fails_at_its_start_shows_what_it_said(tmp_path: Path) -> None:
    """The error has the tail of the log."""
    broken = Process("broken", ["/bin/sh", "-c", "echo no such luck; exit 3"], tmp_path / "log", lambda: False)

    with pytest.raises(StartError, match=r"broken ended at its start(.|\n)*no such luck"):
        broken.start()


def _is_alive(pid: int) -> bool:
    """Say whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
