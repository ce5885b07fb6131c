"""The cluster, by the tools that a person has: kubectl, kn, func and make."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.settings import Settings

ROOT = Path(__file__).parents[2]
NAMESPACE = "hookrunner"
Json = dict[str, Any]


class CommandError(Exception):
    """A command failed; the message has what it printed."""


class Cluster:
    """Runs the command lines of `settings`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def kubectl(self, *args: str, text: str | None = None) -> str:
        """What kubectl printed.

        Raises:
            CommandError: it failed.
        """
        return _run([*self.settings.kubectl, *args], text)

    def kn(self, *args: str) -> str:
        """What kn printed."""
        return _run([*self.settings.kn, *args])

    def func(self, *args: str, folder: Path = ROOT) -> str:
        """What func printed, run in `folder`."""
        return _run([*self.settings.func, *args], folder=folder)

    def make(self, target: str, **variables: str) -> str:
        """What `make <target>` printed."""
        return _run(["make", "--no-print-directory", target], environ=variables)

    def get(self, *args: str, namespace: str = NAMESPACE) -> Json:
        """An object, or a list of objects, as JSON."""
        found: Json = json.loads(self.kubectl("get", *args, "--namespace", namespace, "-o", "json"))
        return found

    def items(self, *args: str, namespace: str = NAMESPACE) -> list[Json]:
        """The objects of a list."""
        found: list[Json] = self.get(*args, namespace=namespace)["items"]
        return found

    def create(self, body: Json) -> Json:
        """The object as it was created."""
        created: Json = json.loads(self.kubectl("create", "-f", "-", "-o", "json", text=json.dumps(body)))
        return created

    def dry_run(self, body: Json) -> Json:
        """The object as it would be created: webhooks are asked, nothing is kept."""
        text = json.dumps(body)
        created: Json = json.loads(self.kubectl("create", "--dry-run=server", "-f", "-", "-o", "json", text=text))
        return created

    def apply(self, *bodies: Json) -> None:
        """Applies objects, server-side."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=text)

    def patch(self, kind: str, name: str, body: Json, namespace: str = NAMESPACE) -> None:
        """A merge patch."""
        self.kubectl("patch", kind, name, "--namespace", namespace, "--type=merge", "--patch", json.dumps(body))

    def ready_pods(self, function: str) -> list[Json]:
        """The pods of a function that are ready and stay, those of an older revision too."""
        return self._ready(f"serving.knative.dev/service={function}")

    def serving_pods(self, function: str) -> list[Json]:
        """The pods of the revision that gets the traffic, those that are ready and stay."""
        revision = self.get("ksvc", function)["status"]["latestReadyRevisionName"]
        return self._ready(f"serving.knative.dev/revision={revision}")

    def _ready(self, selector: str) -> list[Json]:
        pods = self.items("pods", "-l", selector)
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and _is_ready(pod)]


def _is_ready(pod: Json) -> bool:
    conditions = {it["type"]: it["status"] for it in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True"


def _run(
    command: Sequence[str], text: str | None = None, folder: Path = ROOT, environ: dict[str, str] | None = None
) -> str:
    done = subprocess.run(
        command, input=text, cwd=folder, env=os.environ | (environ or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
