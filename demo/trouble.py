"""What goes wrong, in three steps: a node is removed, the history is broken, requests are wrong."""

import json
from datetime import timedelta

import yaml

from demo import bindings
from demo.reviews import load
from demo.stage import Stage

NOT_YAML = "data: [what? {"
_REVIEWS = {"41": "runner-cache-hostpath", "67": "runner-affinity-preferred-and-required"}


def node_removed(stage: Stage) -> None:
    """Step 5."""
    stage.page.step(5, "A node is removed, and its caches with it")
    stage.tell(bindings.binary(bindings.removed("node-3", stage.now)))
    stage.page.facts(("event", "node-3 was removed now"), ("key 41 prefers", _preferred(stage, "41")))
    stage.page.say("A binding that is told late changes nothing: what counts is when it was, not when it is told.")
    stage.tell(bindings.structured(bindings.bound("41", "node-3", stage.now - timedelta(minutes=20))))
    stage.page.facts(
        ("event", "key 41 was bound to node-3, 20 minutes ago"), ("key 41 prefers", _preferred(stage, "41"))
    )
    stage.page.say("Nothing was deleted: a removal hides earlier bindings when the history is read.")
    stage.show_file()


def history_broken(stage: Stage) -> None:
    """Step 6."""
    stage.page.step(6, "Somebody breaks the history: jobs go on")
    good = stage.history.read_text()
    histories = (
        ("as record left it", good),
        ("a text cut off, hostile names", _spoiled(good)),
        ("put right", good),
        ("no YAML: the last one is used", NOT_YAML),
    )
    rows = [(what, *_preferences_with(stage, text)) for what, text in histories]
    stage.page.table(("the history", "key 41 prefers", "key 67 prefers"), rows)
    _record_keeps_it(stage, good)


def wrong_requests(stage: Stage) -> None:
    """Step 7."""
    stage.page.step(7, "Wrong requests get one line that says what and where")
    review = load("runner-cache-hostpath").content
    no_uid = {**review, "request": {**review["request"], "uid": ""}}
    no_node = bindings.bound("41", "node-1", stage.now)
    del no_node["data"]["node"]
    replies = (
        ("a review, cut off", stage.mutate.post(json.dumps(review).encode()[:300])),
        ("a review without uid", stage.mutate.post(json.dumps(no_uid).encode())),
        ("a binding without node", stage.record.deliver(bindings.structured(no_node))),
        ("no CloudEvent", stage.record.post(b"{}")),
    )
    stage.page.table(("request", "status", "answer"), [(what, str(one.status), one.line) for what, one in replies])


def _preferred(stage: Stage, key: str) -> str:
    answer = stage.mutate.decide(load(_REVIEWS[key]))
    return " ".join(f"{node}={weight}" for node, weight in answer.nodes) or answer.reason


def _preferences_with(stage: Stage, history: str) -> tuple[str, str]:
    stage.history.write_text(history)
    return _preferred(stage, "41"), _preferred(stage, "67")


def _spoiled(history: str) -> str:
    """Of key 41 only the readable line is left whole; of key 67 nothing is a node's name."""
    manifest = yaml.safe_load(history)
    data = manifest["data"]
    data["_warm.41"] = data["_warm.41"][:30]
    data["67"] = "node-2; reboot"
    data["_warm.67"] = '{"../../etc/passwd":"2026-11-24T08:00:00Z"}'
    return yaml.safe_dump(manifest)


def _record_keeps_it(stage: Stage, good: str) -> None:
    binding = bindings.structured(bindings.bound("41", "node-1", stage.now))
    refused = stage.record.deliver(binding)
    stage.history.write_text(good)
    stage.page.say("record does not write over what it cannot read; the informer keeps its event and comes again:")
    stage.page.facts(
        (f"{refused.status}", refused.line.replace(str(stage.history), stage.history.name)),
        (f"{stage.tell(binding)}", f"written, once the file is put right: {_preferred(stage, '41')}"),
    )
