"""record on a real API server: nothing is said to be recorded before it is, and nothing that was said is lost."""

import asyncio
import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from tests.controlplane.cluster import ControlPlane
from tests.controlplane.options import Options
from tests.controlplane.programs import Programs
from tests.loop.conftest import StartFunction
from tests.loop.history import NAME, History
from tests.support.functions import run_function

pytestmark = pytest.mark.controlplane

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def bound(key: str, node: str, second: int = 0) -> dict[str, Any]:
    """A binding as a structured CloudEvent."""
    time = (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    return {
        "specversion": "1.0",
        "id": f"{key}-{node}-{second}",
        "source": "/clusters/test",
        "type": "dev.hookrunner.pod.bound.v1",
        "time": time,
        "data": {"key": key, "node": node, "boundAt": time},
    }


def post(url: str, event: dict[str, Any]) -> int:
    """The status of one delivery."""
    return asyncio.run(post_all([url], [event])).pop()


async def post_all(urls: list[str], events: list[dict[str, Any]]) -> set[int]:
    """The statuses of all these deliveries, made at once, to each URL in turn."""
    headers = {"content-type": "application/cloudevents+json"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as client:

        async def post_one(url: str, event: dict[str, Any]) -> int:
            async with client.post(url, data=json.dumps(event)) as answer:
                return answer.status

        posts = (post_one(urls[number % len(urls)], event) for number, event in enumerate(events))
        return set(await asyncio.gather(*posts))


def writes(url: str) -> int:
    """How many writes record has made."""
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    [found] = re.findall(r'^hookrunner_history_writes_total\{outcome="written"\} (\d+)', text, re.MULTILINE)
    return int(found)


def wanted(events: list[dict[str, Any]]) -> dict[str, str]:
    """The last node of each key among these events."""
    last: dict[str, str] = {}
    for event in sorted(events, key=lambda event: (event["data"]["boundAt"], event["data"]["node"])):
        last[event["data"]["key"]] = event["data"]["node"]
    return last


def last_nodes(history: History) -> dict[str, str]:
    """The last node of each key in the ConfigMap."""
    return {name: text for name, text in history.data().items() if not name.startswith("_")}


def test_five_hundred_events_at_once_become_few_writes(start: StartFunction, history: History, runtime: str) -> None:
    """Each is recorded, in a quarter as many writes at most."""
    url = start(runtime, "record").url
    events = [bound(f"{number % 50}", f"node-{number % 7}", number) for number in range(500)]

    statuses = asyncio.run(post_all([url], events))

    assert (statuses, last_nodes(history)) == ({204}, wanted(events))
    assert writes(url) <= 125


def test_two_replicas_that_write_at_once_lose_nothing(start: StartFunction, history: History) -> None:
    """Each conflict is settled by a look at what the other wrote."""
    urls = [start("functions-framework", "record").url for _ in range(2)]
    events = [bound(f"{number % 20}", f"node-{number % 11}", number % 97) for number in range(400)]

    statuses = asyncio.run(post_all(urls, events))

    assert (statuses, last_nodes(history)) == ({204}, wanted(events))


def test_an_edit_by_a_person_is_read_and_kept(start: StartFunction, history: History) -> None:
    """What an older tool wrote counts as warm at an unknown time, and other entries stay as they are."""
    url = start("functions-framework", "record").url
    assert post(url, bound("41", "node-1")) == 204
    history.edit({"41": "node-9", "_warm.41": None, "42": "node-2", "notes": "Ask Ann before you edit!"})

    assert post(url, bound("41", "node-5", 60)) == 204

    assert history.data() == {
        "41": "node-5",
        "_warm.41": '{"node-5":"2026-11-24T08:01:00Z","node-9":null}',
        "42": "node-2",
        "notes": "Ask Ann before you edit!",
    }


def test_kubectl_shows_it_readably(
    start: StartFunction, history: History, controlplane: ControlPlane, programs: Programs, tmp_path: Path
) -> None:
    """One line for a key's last node, one for its warm nodes, newest first; nothing escaped, nothing folded."""
    url = start("functions-framework", "record").url
    events = [bound("41", f"node-{number}", number) for number in range(8)]
    assert asyncio.run(post_all([url], events)) == {204}

    command: list[str | Path] = [programs.path("kubectl"), "--kubeconfig", controlplane.kubeconfig()]
    command += ["--cache-dir", tmp_path, "--namespace", history.namespace, "get", "configmap", NAME, "-o", "yaml"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    warm = ",".join(f'"node-{number}":"2026-11-24T08:00:0{number}Z"' for number in reversed(range(8)))
    assert printed.partition("data:\n")[2].partition("kind:")[0] == f"  _warm.41: '{{{warm}}}'\n  \"41\": node-7\n"


def test_a_configmap_that_vanished_comes_back_with_what_was_known(start: StartFunction, history: History) -> None:
    """Somebody deleted it: the next binding brings it back whole."""
    url = start("functions-framework", "record").url
    assert post(url, bound("41", "node-1")) == 204
    history.delete()

    assert post(url, bound("42", "node-2")) == 204

    assert last_nodes(history) == {"41": "node-1", "42": "node-2"}


def test_an_immutable_configmap_gives_503_and_what_to_do(start: StartFunction, history: History) -> None:
    """The sender keeps its event; the answer tells a person what to look at."""
    url = start("functions-framework", "record").url
    history.patch({"immutable": True})

    answer = httpx.post(
        url,
        content=json.dumps(bound("41", "node-1")),
        headers={"content-type": "application/cloudevents+json"},
        trust_env=False,
    )

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "see that it is there, not immutable and under 1 MiB" in answer.text
    assert last_nodes(history) == {}


def test_no_api_server_gives_503_and_no_loss(new_controlplane: Any) -> None:  # noqa: ANN401 - a fixture's factory
    """While the API server is away an event is refused for now; sent again, it is recorded."""
    controlplane: ControlPlane = new_controlplane(Options())
    history = History(controlplane.kube, "default")
    history.create({})
    environ = {"HOOKRUNNER_HISTORY": history.setting, "KUBECONFIG": str(controlplane.kubeconfig())}
    with run_function("functions-framework", "record", environ) as record:
        assert post(record.url, bound("41", "node-1")) == 204
        controlplane.apiserver.kill()

        refused = post(record.url, bound("42", "node-2"))
        controlplane.apiserver.start()
        accepted = post(record.url, bound("42", "node-2"))

    assert (refused, accepted, last_nodes(history)) == (503, 204, {"41": "node-1", "42": "node-2"})
