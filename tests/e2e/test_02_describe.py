"""Row 2: what kn says of the functions; func invokes them, and deploys mutate unchanged."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e import disruption
from tests.e2e.cluster import NAMESPACE, ROOT, Cluster
from tests.e2e.pods import history
from tests.e2e.steps import say

pytestmark = pytest.mark.e2e

ENVIRONMENTS = {
    "mutate": {"FUNCTION_TARGET": "mutate", "HOOKRUNNER_HISTORY": "configmap:hookrunner/hookrunner-history"},
    "record": {
        "FUNCTION_TARGET": "record",
        "HOOKRUNNER_HISTORY": "configmap:hookrunner/hookrunner-history",
        "HOOKRUNNER_RECORD_SENDERS": "hookrunner/informer",
    },
    "hook": {"FUNCTION_TARGET": "hook", "K_SINK": "http://scaler.hookrunner.svc:8081"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_describe(installed: Cluster, name: str) -> None:
    """`kn service describe` shows each function ready, with all its traffic on one revision and its environment."""
    said = installed.kn("service", "describe", name, "--namespace", NAMESPACE, "--verbose")
    assert re.search(r"^\s+100%\s+@latest", said, re.MULTILINE), said
    assert re.search(r"^\s*\+\+ Ready\b", said, re.MULTILINE), said
    shown = dict(re.findall(r"(\w+)=(\S+)", said))
    assert {key: shown.get(key) for key in ENVIRONMENTS[name]} == ENVIRONMENTS[name]


def test_list(installed: Cluster) -> None:
    """`kn service list` says True of all three, and knows no other."""
    said = json.loads(installed.kn("service", "list", "--namespace", NAMESPACE, "-o", "json"))
    ready = {
        it["metadata"]["name"]: {c["type"]: c["status"] for c in it["status"]["conditions"]}["Ready"]
        for it in said["items"]
    }
    assert ready == dict.fromkeys(("hook", "mutate", "record"), "True")


def test_func_deploy_unchanged(installed: Cluster, tmp_path: Path) -> None:
    """`func deploy` of the repository as it is, over the installation, leaves mutate ready."""
    copy = tmp_path / "hookrunner"
    left_out = shutil.ignore_patterns(".git", ".venv*", "build", ".*_cache", "e2e-logs", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=left_out)
    before = installed.get("ksvc", "mutate")["status"]["latestReadyRevisionName"]
    say("func deploy")
    installed.func("deploy", "--registry", installed.settings.registry, folder=copy)
    after = installed.get("ksvc", "mutate")["status"]["latestReadyRevisionName"]
    try:
        assert after != before
        assert "100%" in installed.kn("service", "describe", "mutate", "--namespace", NAMESPACE)
    finally:
        installed.make("deploy")


def test_func_invoke_with_a_review(installed: Cluster, tmp_path: Path) -> None:
    """`func invoke` with an AdmissionReview gets an AdmissionReview."""
    review = ROOT / "tests" / "data" / "reviews" / "runner-cache-hostpath.json"
    said = _invoke(installed, tmp_path, "mutate", "http", review)
    answer = json.loads(said[said.index("{") :])
    assert (answer["kind"], answer["response"]["allowed"]) == ("AdmissionReview", True)


def test_func_invoke_with_an_event(installed: Cluster, tmp_path: Path, runner: str) -> None:
    """`func invoke` with an event reaches record, which takes it where anybody may record, and only there."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"key": runner, "node": "node-1", "boundAt": "2026-11-24T08:00:00Z", "podUid": "e2e"}))
    kind = ("--type", "dev.hookrunner.pod.bound.v1")
    _invoke(installed, tmp_path, "record", "cloudevent", event, *kind)
    assert runner not in history(installed)
    try:
        disruption.set_environment(installed, "record", HOOKRUNNER_RECORD_SENDERS="")
        _invoke(installed, tmp_path, "record", "cloudevent", event, *kind)
        assert history(installed)[runner] == "node-1"
    finally:
        installed.make("deploy")


def _invoke(cluster: Cluster, folder: Path, name: str, form: str, file: Path, *more: str) -> str:
    source = ROOT if name == "mutate" else ROOT / "functions" / name
    copy = folder / name
    copy.mkdir(exist_ok=True)
    shutil.copy(source / "func.yaml", copy)
    target = cluster.get("ksvc", name)["status"]["address"]["url"]
    options = ("--format", form, "--target", target, "--file", str(file), "--content-type", "application/json", *more)
    return cluster.func("invoke", *options, folder=copy)
