"""A fake GitLab with webhooks, the hook function, and the scaler's own Deployment, in a cluster with KEDA."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e_keda.install import install, secret
from tests.e2e_keda.kube import NAMESPACE, apply, kubectl, say
from tests.e2e_keda.world import World
from tests.gitlab.deliveries import Deliveries, Hook
from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve
from tests.support.functions import start_function

ROOT = Path(__file__).parents[2]
ADDRESS = os.environ.get("E2E_ADDRESS", "10.200.0.1")
"""Where the cluster's pods reach the processes of these tests; the lab's own by default."""

SECRET = "of-the-webhook"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All of it, once; a poll of GitLab each 5 s."""
    fake = GitLab(time.time)
    secrets = tmp_path_factory.mktemp("hook")
    (secrets / "token").write_text(SECRET)
    environ = {"HOOKRUNNER_HOOK_SECRETS": str(secrets), "K_SINK": "http://scaler.hookrunner.svc.cluster.local:8081"}
    with serve(fake, host="0.0.0.0") as url, start_function("functions-framework", "hook", environ) as hook:
        reached = url.replace("0.0.0.0", ADDRESS)
        _install(fake.token.value, reached)
        with Deliveries(fake.instance, [Hook(hook, token=SECRET)], url=reached):
            yield World(fake, reached)


@pytest.fixture(autouse=True)
def namespace() -> Iterator[None]:
    """A namespace without anything of another test."""
    apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    yield
    kubectl("delete", "namespace", NAMESPACE, "--wait=true", "--timeout=120s")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Says which test begins, by the first line of its docstring."""
    say((getattr(item, "function", item).__doc__ or item.name).splitlines()[0])


def _install(token: str, gitlab: str) -> None:
    """Makes the namespace and the credentials, and installs config/scaler."""
    credential = {"token": token, "gitlabUrls": [gitlab], "namespaces": [NAMESPACE]}
    kubectl("apply", "-f", str(ROOT / "config/components/namespace/namespace.yaml"))
    secret("hookrunner-scaler", "hookrunner", {"credentials.yaml": json.dumps({"default": credential})})
    install("scaler")
