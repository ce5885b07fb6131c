"""The demo as a process: what it prints in a terminal and in a file, and that nothing stays however it ends."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.demo_process import ROOT, DemoProcess

HEADINGS = [
    "1 A job's pod is created; nobody has run this key before",
    "2 Pods were bound: the informer tells record, as CloudEvents",
    "3 The same pod again: back to the nodes that hold its cache",
    "4 Pods that are left alone, and why",
    "5 A node is removed, and its caches with it",
    "6 Somebody breaks the history: jobs go on",
    "7 Wrong requests get one line that says what and where",
    "8 1,000 reviews, one after the other",
    "Done",
]
FACTS = [
    "answer  allowed, patch: none",
    "why     no-warm-node: no node is known to hold its cache",
    "binary: attributes in headers   41 -> node-7                 204 written",
    "structured: one JSON object     41 -> node-3                 204 written",
    "batch: a JSON array             41 -> node-5, 67 -> node-2   204 written",
    "answer  allowed, patch: adds 3 preferred terms",
    "why     patched: these nodes hold its cache",
    "node-5           100",
    "node-3           95",
    "node-7           90",
    "The patch: add /spec/affinity/nodeAffinity. What it does to the pod's spec:",
    "runner pod without the label   no-runner-label   nobody asked us to place it",
    "empty label: variable unset    no-key            that value makes no key",
    "Secret as runner-cache-token   no-cache-volume   it mounts no cache",
    "pause pod of its autoscaler    pause-pod         it only holds a place",
    "ours    metadata.name In node-2                   100",
    "own     nodeAffinity, required                    as it was",
    "key 41 prefers  node-5=100 node-7=95",
    "a text cut off, hostile names   node-5=100             no-warm-node",
    "no YAML: the last one is used   node-5=100 node-7=95   node-2=100",
    "503  the history file history.yaml is not YAML: mend it, or move it away",
    "204  written, once the file is put right: node-1=100 node-5=95 node-7=90",
    "a review without uid     400      the AdmissionReview cannot be answered:",
    "mutate and record have ended; nothing is left running.",
    "make test  every test, on a real API server and scheduler, built once",
]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., DemoProcess]]:
    """Starts the demo, in a terminal of the width that is given, else into a pipe."""
    started: list[DemoProcess] = []

    def start_one(width: int | None = None, environ: dict[str, str] | None = None) -> DemoProcess:
        started.append(DemoProcess(tmp_path, width, environ))
        return started[-1]

    yield start_one
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoProcess, int]]:
    """The demo as it went into a pipe, and its exit code."""
    demo = DemoProcess(tmp_path_factory.mktemp("piped"))
    yield demo, demo.wait()
    demo.close()


def test_into_a_file(piped: tuple[DemoProcess, int]) -> None:
    """It tells the whole story in order, without escape codes, in 80 columns, and leaves nothing behind."""
    demo, code = piped
    assert (code, demo.left_behind()) == (0, [])
    assert demo.text == demo.plain
    assert max(map(len, demo.text.splitlines())) <= 80
    assert _headings(demo.text) == HEADINGS
    assert _missing(demo.text, FACTS) == []


def test_the_history_is_printed_as_yaml(piped: tuple[DemoProcess, int]) -> None:
    """The frames hold the file itself: the first before a removal, the second after it."""
    demo, _ = piped
    assert [_nodes(data) for data in _histories(demo.text)] == [
        {"41": "node-5", "_warm.41": ["node-5", "node-3", "node-7"], "67": "node-2", "_warm.67": ["node-2"]},
        {
            "41": "node-5",
            "_warm.41": ["node-5", "node-3", "node-7"],
            "67": "node-2",
            "_warm.67": ["node-2"],
            "_removed": ["node-3"],
        },
    ]


def test_readme_shows_what_it_prints(piped: tuple[DemoProcess, int]) -> None:
    """The piece of output in README.md is a piece of the output."""
    demo, _ = piped
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    shown = next(block for block in blocks if block.startswith("3 "))
    assert shown in "\n".join(line.rstrip() for line in demo.text.splitlines())


@pytest.mark.parametrize("width", [80, 100, 120])
def test_in_a_terminal(start: Callable[..., DemoProcess], width: int) -> None:
    """With colours it tells the same, and no line is wider than the terminal, or than 110 columns."""
    demo = start(width)
    assert (demo.wait(), demo.left_behind()) == (0, [])
    printed = demo.plain.splitlines()
    assert max(len(line.rpartition("\r")[2]) for line in printed) == min(width, 110)
    assert "\x1b[1;36m1\x1b[0m" in demo.text
    assert _headings(demo.plain) == HEADINGS
    assert _missing(demo.plain, FACTS) == []


def test_without_unicode(start: Callable[..., DemoProcess]) -> None:
    """Where the output takes ASCII only, frames are made of it and the rest shows question marks."""
    demo = start(environ={"PYTHONIOENCODING": "ascii"})
    assert demo.wait() == 0
    assert demo.text.isascii()
    assert _headings(demo.text) == HEADINGS


@pytest.mark.parametrize(
    "moment", ["Starting mutate and record", HEADINGS[0], HEADINGS[7]], ids=["start", "story", "load"]
)
def test_ctrl_c(start: Callable[..., DemoProcess], moment: str) -> None:
    """That key ends it at any moment, with the exit code that shells know, and nothing stays."""
    demo = start(width=80)
    demo.read_until(moment)
    demo.press_ctrl_c()
    assert (demo.wait(), demo.left_behind()) == (130, [])
    assert demo.plain.rstrip().endswith("Ended by SIGINT; mutate and record have ended too.")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["term", "hup"])
def test_signals(start: Callable[..., DemoProcess], number: signal.Signals, code: int) -> None:
    """So do the signals of a machine that shuts down and of a terminal that is closed."""
    demo = start()
    demo.read_until(HEADINGS[0])
    demo.process.send_signal(number)
    assert (demo.wait(), demo.left_behind()) == (code, [])


def test_nobody_reads_on(start: Callable[..., DemoProcess]) -> None:
    """`make demo | head -3` ends it too."""
    demo = start()
    demo.read_until(HEADINGS[0])
    demo.hang_up()
    assert demo.process.wait(30) == 1
    assert demo.left_behind() == []


@pytest.mark.parametrize("target", ["mutate", "record"])
def test_a_function_dies(start: Callable[..., DemoProcess], target: str) -> None:
    """It says which, how, and what to do; its exit code is 1, and the other one does not stay."""
    demo = start()
    demo.read_until(HEADINGS[0])
    found = re.search(rf"{target} +http://127\.0\.0\.1:\d+ +\(pid (\d+)\)", demo.plain)
    assert found
    os.killpg(int(found[1]), signal.SIGKILL)
    assert (demo.wait(), demo.left_behind()) == (1, [])
    assert (
        f"The demo failed: {target} (pid {found[1]}) has ended, killed by SIGKILL. Run `make demo` again" in demo.plain
    )


def _headings(text: str) -> list[str]:
    return [line.rstrip(" ─-?") for line in text.splitlines() if re.match(r"(\d |Done).* [─-]{2,}$", line)]


def _missing(text: str, facts: list[str]) -> list[str]:
    """Those facts that do not follow one after the other in the text."""
    missing, at = [], 0
    for fact in facts:
        found = text.find(fact, at)
        if found < 0:
            missing.append(fact)
        else:
            at = found
    return missing


def _histories(text: str) -> list[dict[str, str]]:
    frames = re.findall(r"^╭─ history\.yaml ─+╮\n(.*?)^╰", text, re.DOTALL | re.MULTILINE)
    files = ["\n".join(line.strip("│")[1:].rstrip() for line in frame.splitlines()) for frame in frames]
    return [yaml.safe_load(file)["data"] for file in files]


def _nodes(data: dict[str, str]) -> dict[str, Any]:
    """The history with nodes only: times differ in each run."""
    return {name: list(json.loads(text)) if name.startswith("_") else text for name, text in data.items()}
