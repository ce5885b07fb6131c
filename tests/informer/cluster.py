"""Jobs that are bound, and the informer's Lease, as tests see them in the cluster."""

from tests.controlplane.client import Kube
from tests.controlplane.errors import ApiError
from tests.controlplane.workloads import Pods, runner_pod
from tests.support.waiting import wait_until

_DELIVERED = "hookrunner.dev/delivered-{}"


class Jobs:
    """Runner pods of one namespace, by their UIDs."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._names: dict[str, str] = {}

    def bind(self, count: int) -> list[str]:
        """Create pods of different runners, wait until each is bound, and return their UIDs."""
        made = [self._pods.create(runner_pod(runner=str(40 + turn))) for turn in range(count)]
        for pod in made:
            self._pods.wait_bound(pod["metadata"]["name"])
        names = {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in made}
        self._names |= names
        return list(names)

    def bind_and_end(self, count: int) -> list[str]:
        """As `bind`, and remove the pods, as a runner does at a job's end."""
        uids = self.bind(count)
        for uid in uids:
            self._pods.delete(self._names[uid])
        return uids


class LeaseInCluster:
    """The Lease `informer` of one namespace."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    def create(self, position: str) -> None:
        """Make it as a former leader left it."""
        metadata = {"name": "informer", "annotations": {_DELIVERED.format("pods"): position}}
        self._kube.create(self._leases, {"metadata": metadata})

    def give_to(self, holder: str) -> None:
        """Let somebody else hold it."""
        self._kube.patch(f"{self._leases}/informer", {"spec": {"holderIdentity": holder}})

    def position(self, of: str = "pods") -> str:
        """How far pods, or nodes, are delivered; empty if that is not known yet, or nobody has made the Lease."""
        try:
            lease = self._kube.get(f"{self._leases}/informer")
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return ""
        return str(lease["metadata"].get("annotations", {}).get(_DELIVERED.format(of), ""))

    def wait_position(self, of: str = "pods") -> str:
        """The position, once there is one: then all that was there is listed."""
        wait_until(lambda: self.position(of) != "", f"a position of {of} is written")
        return self.position(of)
