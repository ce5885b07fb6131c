"""The cluster by kubectl, as JSON."""

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

NAMESPACE = "gitlab-runners"
METADATA = {"namespace": NAMESPACE}
Json = dict[str, Any]
_STARTED = time.monotonic()


class KubectlError(Exception):
    """kubectl failed; the message has what it printed."""


def say(text: str) -> None:
    """Prints one line, with the seconds since the start."""
    print(f"{time.monotonic() - _STARTED:6.1f} s  {text}", flush=True)


def kubectl(*args: str, text: str | None = None) -> str:
    """What kubectl printed.

    Raises:
        KubectlError: it failed.
    """
    done = subprocess.run(["kubectl", *args], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KubectlError(f"`kubectl {' '.join(args)}`:\n{done.stdout}{done.stderr}")
    return done.stdout


def apply(*bodies: Json) -> None:
    """Applies objects, server-side."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=text)


def items(kind: str, *args: str) -> list[Json]:
    """The objects of that kind in the tests' namespace."""
    found: list[Json] = json.loads(kubectl("get", kind, "--namespace", NAMESPACE, "-o", "json", *args))["items"]
    return found


def replicas(deployment: str) -> int:
    """How many replicas the Deployment is told to have."""
    output = kubectl("get", f"deployment/{deployment}", "--namespace", NAMESPACE, "-o", "jsonpath={.spec.replicas}")
    return int(output)


def wait_for(what: str, holds: Callable[[], object], seconds: float = 120) -> float:
    """Asks until `holds()` is true; how many seconds that took.

    Raises:
        TimeoutError: it was not within `seconds`.
    """
    started = time.monotonic()
    while not holds():
        if time.monotonic() > started + seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.3)
    took = time.monotonic() - started
    say(f"{what}: after {took:.1f} s")
    return took


def stays(what: str, holds: Callable[[], object], seconds: float) -> None:
    """Asks for so many seconds whether `holds()` is true, all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert holds(), f"no longer: {what}"
        time.sleep(1)
    say(f"{what}: for {seconds:.0f} s")
