"""Creates pods at a steady rate, and tells of each one: when, how long it took, the status, whether it got a hint.

With each one, another goes to a namespace whose pods no webhook sees, to compare with.
Prints one line of JSON: a list of [seconds since the start, seconds taken, status, hinted, by webhook].
"""

import argparse
import http.client
import json
import queue
import ssl
import threading
import time
from pathlib import Path

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_WORKERS = 32
_TIMEOUT = 30.0

Result = tuple[float, float, int, bool, bool]


def main() -> None:
    """Hands a pod to the workers each 1/rate seconds, whatever the ones before are at."""
    options = _options()
    pod = json.loads(Path(options.pod).read_text())
    work: queue.Queue[str | None] = queue.Queue()
    results: list[Result] = []
    started = time.monotonic()
    workers = [threading.Thread(target=_work, args=(options, pod, work, results, started)) for _ in range(_WORKERS)]
    for worker in workers:
        worker.start()
    for number in range(options.count):
        time.sleep(max(0.0, started + number / options.rate - time.monotonic()))
        work.put(options.namespace)
        work.put(options.unseen)
    for _ in workers:
        work.put(None)
    for worker in workers:
        worker.join()
    print(json.dumps(sorted(results)))


def _work(
    options: argparse.Namespace,
    pod: dict[str, dict[str, object]],
    work: "queue.Queue[str | None]",
    results: list[Result],
    started: float,
) -> None:
    context = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
    connection = http.client.HTTPSConnection("kubernetes.default.svc", timeout=_TIMEOUT, context=context)
    headers = {"Authorization": f"Bearer {(_ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"}
    while (namespace := work.get()) is not None:
        body = json.dumps(pod | {"metadata": pod["metadata"] | {"name": f"load-{len(results)}-{time.monotonic_ns()}"}})
        before = time.monotonic()
        connection.request("POST", f"/api/v1/namespaces/{namespace}/pods", body, headers)
        answer = connection.getresponse()
        hinted = b"preferredDuringScheduling" in answer.read()
        took = time.monotonic() - before
        results.append((before - started, took, answer.status, hinted, namespace == options.namespace))
    connection.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pod", required=True)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--unseen", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=20.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
