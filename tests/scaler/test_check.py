"""`python -m scaler check`: one count, explained."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from scaler.__main__ import main
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Status
from tests.gitlab.server import serve
from tests.scaler.harness import credential

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command on a YAML file with this content; exit code, output and errors."""

    def run(gitlab: GitLab, url: str, content: object, *options: str) -> tuple[int, str, str]:
        credentials, query = tmp_path / "credentials.yaml", tmp_path / "query.yaml"
        credentials.write_text(yaml.safe_dump({"default": {**credential(gitlab, url), "namespaces": ["ci"]}}))
        query.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        monkeypatch.setenv("HOOKRUNNER_SCALER_CREDENTIALS", str(credentials))
        code = main(["check", str(query), *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def world(gitlab: GitLab) -> int:
    """A project with jobs of many kinds; its number."""
    instance = gitlab.instance
    project = instance.add_project("app", instance.add_group("team"))
    instance.add_jobs(project, 12, tags=["gpu"])
    instance.add_job(project)
    for _ in range(2):
        instance.add_job(project, tags=["docker"], at=time.time() - 100)
    instance.add_job(project, tags=["docker"])
    instance.add_job(project, tags=["docker"], status=Status.RUNNING)
    return project.id


def test_answer(check: Check) -> None:
    """What counts, what does not and why, the calls, and what KEDA would be told."""
    gitlab = GitLab(time.time)
    with serve(gitlab) as url:
        metadata = {"gitlabUrl": url, "projectId": world(gitlab), "tags": "docker", "minQueuedSeconds": 60}
        code, out, err = check(gitlab, url, {**metadata, "targetQueueLength": 2})
    lines = [re.sub(r"[\d.]+ s\b", "… s", line) for line in out.splitlines()]
    gpu = [
        f"               job {number} 'test {number}' of project 1: pending, gpu, waits … s"
        for number in range(12, 2, -1)
    ]
    assert (code, err) == (0, "")
    assert lines == [
        f"asked        project 1 at {url}",
        "calls        2 in … s; GitLab does not say how many are left; at most 6000 a minute",
        "counted      3 jobs (2 pending, 1 running); the oldest waits … s",
        "not counted  1 waiting for less than minQueuedSeconds",
        "               job 16 'test' of project 1: pending, docker, waits … s",
        "not counted  1 without tags, and the runner takes tagged ones only",
        "               job 13 'test' of project 1: pending, no tags, waits … s",
        "not counted  12 with tags that the runner has not",
        *gpu,
        "               and 2 more",
        "answer       3, active (above 0); 2 replicas of 2",
    ]


def test_manifest(check: Check) -> None:
    """A ScaledJob's external trigger is found among others; what is not asked for is said."""
    gitlab = GitLab(time.time)
    with serve(gitlab) as url:
        metadata = {
            "scalerAddress": "scaler:9090",
            "gitlabUrl": url,
            "projectId": str(world(gitlab)),
            "count": "pending",
        }
        triggers = [{"type": "cron", "metadata": {}}, {"type": "external", "metadata": metadata}]
        manifest = {"kind": "ScaledJob", "metadata": {"namespace": "ci"}, "spec": {"triggers": triggers}}
        code, out, _ = check(gitlab, url, manifest)
        denied = check(gitlab, url, {**manifest, "metadata": {"namespace": "other"}})
        other = check(gitlab, url, manifest, "--namespace", "other")
    assert code == 0
    assert out.splitlines()[-2:] == [
        "not asked    running jobs (count: pending)",
        "answer       16, active (above 0); 16 replicas of 1",
    ]
    message = "scaler: credential 'default' is not for namespace 'other': see its namespaces\n"
    assert denied == other == (2, "", message)


@pytest.mark.parametrize("manifest", [False, True], ids=["metadata", "manifest"])
def test_token_goes_to_no_other_gitlab(check: Check, manifest: bool) -> None:
    """A file that names no namespace cannot have the token sent to a host that its credential does not name."""
    ours, theirs = GitLab(time.time), GitLab(time.time)
    with serve(ours) as url, serve(theirs) as other:
        metadata = {"gitlabUrl": other, "projectId": "1"}
        trigger = {"type": "external", "metadata": metadata}
        denied = check(ours, url, {"spec": {"triggers": [trigger]}} if manifest else metadata)
    message = f"scaler: credential 'default' is not for '{other}': see its gitlabUrls\n"
    assert denied == (2, "", message)
    assert theirs.record.calls == ours.record.calls == []


def test_insecure_without_a_namespace(check: Check) -> None:
    """Nor can it skip the check of a certificate, unless the credential allows that."""
    gitlab = GitLab(time.time)
    with serve(gitlab) as url:
        denied = check(gitlab, url, {"gitlabUrl": url, "projectId": "1", "insecureSkipVerify": "true"})
    message = "scaler: credential 'default' refuses insecureSkipVerify: use caFile, or see allowInsecure\n"
    assert denied == (2, "", message)
    assert gitlab.record.calls == []


def test_unknown(check: Check) -> None:
    """What KEDA would get as UNAVAILABLE is told with its reason."""
    gitlab = GitLab(time.time)
    with serve(gitlab) as url:
        code, out, _ = check(gitlab, url, {"gitlabUrl": url, "projectId": "7"})
    answer = "answer       UNAVAILABLE: GitLab answered 404 to GET /api/v4/projects/7: '404 Project Not Found'"
    assert (code, out.splitlines()[-1]) == (1, answer)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "query.yaml is not a readable YAML file: ParserError"),
        ("", "query.yaml must hold one query: metadata, or one external trigger; it holds 0"),
        ("- a", "a query is a mapping of metadata, or a ScaledObject or ScaledJob"),
        ("a: 1\n---\nb: 1", "query.yaml must hold one query: metadata, or one external trigger; it holds 2"),
        (
            "spec: {triggers: [{type: cron}]}",
            "query.yaml must hold one query: metadata, or one external trigger; it holds 0",
        ),
        ("spec: x", "spec is no mapping"),
        ("spec: {triggers: 5}", "spec.triggers is no list"),
        ("spec: {triggers: {a: 1}}", "spec.triggers is no list"),
        ("spec: {triggers: [{type: cron}, foo]}", "spec.triggers[1] is no mapping"),
        ("spec: {triggers: [{type: external, metadata: [1]}]}", "spec.triggers[0].metadata is no mapping"),
        ("metadata: [1]\nspec: {triggers: []}", "metadata is no mapping"),
        ("metadata:\nspec:", "query.yaml must hold one query: metadata, or one external trigger; it holds 0"),
        ("spec: {triggers: [{type: [external]}]}", "must hold one query"),
        ("a: " + "[" * 20_000, "query.yaml is not a readable YAML file: RecursionError"),
        ("a: 2026-99-99", "query.yaml is not a readable YAML file: ValueError"),
        (
            "spec: {triggers: [{type: external, metadata: {groupIdFromEnv: GROUP}}]}",
            "which is not known here: give the value itself, as groupId\n",
        ),
        ("projectId: 1\ntokenFromEnv: TOKEN", "'tokenFromEnv' is not a parameter: a token lives in the scaler's own"),
        ("projectId: 1\ntag: x", "'tag' is not a parameter: did you mean 'tags'?"),
        ("projectId: 1\ninsecureSkipVerify: maybe", "insecureSkipVerify: 'maybe' is not 'true' or 'false'"),
        ("projectId: 1\ncredential: other", "credential 'other' is not in the scaler's configuration"),
    ],
)
def test_wrong_query(check: Check, content: str, message: str) -> None:
    """A wrong file or query: one line, and exit code 2."""
    code, out, err = check(GitLab(), "https://gitlab.com", content)
    assert (code, out) == (2, "")
    assert err.startswith("scaler: ")
    assert message in err
