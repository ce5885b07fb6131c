"""The main job in four steps: no history, bindings arrive, the same pod again, pods that are left alone."""

from datetime import timedelta
from typing import Any

from demo import bindings
from demo.errors import DemoError
from demo.reviews import Answer, Review, load, with_label, with_secret
from demo.stage import RUNNER_LABEL, Stage
from demo.words import WORDS
from function.affinity import PREFERRED
from function.mutate import Reason


def no_history_yet(stage: Stage) -> None:
    """Step 1."""
    stage.page.step(1, "A job's pod is created; nobody has run this key before")
    review = load("runner-cache-hostpath")
    stage.show_answer(review, stage.decide(review, Reason.NO_WARM_NODE))
    stage.page.say("The scheduler puts it wherever there is room, as it would without us.")


def bindings_arrive(stage: Stage) -> None:
    """Step 2."""
    stage.page.step(2, "Pods were bound: the informer tells record, as CloudEvents")
    ago = [stage.now - timedelta(minutes=minutes) for minutes in (50, 25, 10, 5)]
    events = [
        bindings.bound("41", "node-7", ago[0]),
        bindings.bound("41", "node-3", ago[1]),
        bindings.bound("41", "node-5", ago[2]),
        bindings.bound("67", "node-2", ago[3]),
    ]
    deliveries = (
        ("binary: attributes in headers", events[:1], bindings.binary(events[0])),
        ("structured: one JSON object", events[1:2], bindings.structured(events[1])),
        ("batch: a JSON array", events[2:], bindings.batched(events[2:])),
    )
    rows = [(mode, _told(told), f"{stage.tell(delivery)} written") for mode, told, delivery in deliveries]
    stage.page.table(("mode", "key -> node", "record"), rows)
    stage.page.say("The history before: no file. After, with the newest node of each key first:")
    stage.show_history()
    stage.page.say("It lies in a ConfigMap, which people and CEL policies can read; here in a file of the same form:")
    stage.show_file()


def the_same_pod_again(stage: Stage) -> None:
    """Step 3."""
    stage.page.step(3, "The same pod again: back to the nodes that hold its cache")
    review = load("runner-cache-hostpath")
    answer = stage.decide(review, Reason.PATCHED)
    stage.show_answer(review, answer)
    stage.page.table(("preferred node", "weight"), answer.nodes)
    stage.page.say(f"The patch: {_operations(answer)}. What it does to the pod's spec:")
    after = _only_affinity_changed(review, answer)
    stage.page.side_by_side(("before", _affinity(review.affinity)), ("after", _affinity(after)))


def left_alone(stage: Stage) -> None:
    """Step 4."""
    stage.page.step(4, "Pods that are left alone, and why")
    runner_pod = load("runner-cache-hostpath")
    cases = (
        ("runner pod without the label", load("runner-label-none"), Reason.NO_RUNNER_LABEL),
        ("empty label: variable unset", with_label(runner_pod, RUNNER_LABEL, ""), Reason.NO_KEY),
        ("label value with a dot", with_label(runner_pod, RUNNER_LABEL, "4.1"), Reason.NO_KEY),
        ("only the runner's volumes", load("runner-volume-none"), Reason.NO_CACHE_VOLUME),
        ("Secret as runner-cache-token", with_secret(runner_pod, "runner-cache-token"), Reason.NO_CACHE_VOLUME),
        ("pause pod of its autoscaler", load("pause-pod"), Reason.PAUSE_POD),
        ("an UPDATE of a runner's pod", load("update-labels"), Reason.NOT_A_CREATE),
    )
    rows = [(what, stage.decide(review, reason).reason, WORDS[reason]) for what, review, reason in cases]
    stage.page.table(("what", "reason", "in words"), rows)
    _own_affinity_stays(stage)


def _own_affinity_stays(stage: Stage) -> None:
    review = load("runner-affinity-preferred-and-required")
    after = _only_affinity_changed(review, stage.decide(review, Reason.PATCHED))
    own = review.affinity["nodeAffinity"][PREFERRED]
    stage.page.say("A pod with affinity of its user's own, runner 67, keeps all of it; ours comes after:")
    rows = [
        ("own" if term in own else "ours", _requirement(term["preference"]), str(term["weight"]))
        for term in after["nodeAffinity"][PREFERRED]
    ]
    rows += [("own", f"{kind}, {strength}", "as it was") for kind, strength in _others(after)]
    stage.page.table(("whose", "term", "weight"), rows)


def _told(events: list[dict[str, Any]]) -> str:
    return ", ".join(f"{event['data']['key']} -> {event['data']['node']}" for event in events)


def _operations(answer: Answer) -> str:
    return ", ".join(f"{operation['op']} [bold]{operation['path']}[/]" for operation in answer.patch or ())


def _affinity(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return {"affinity": value}


def _only_affinity_changed(review: Review, answer: Answer) -> Any:  # noqa: ANN401 - any JSON value
    """The pod's affinity after the patch, which must have left everything else as it was."""
    pod = review.patched(answer.patch or [])
    after = pod["spec"].pop("affinity")
    before = {**review.pod, "spec": {name: part for name, part in review.pod["spec"].items() if name != "affinity"}}
    if pod != before:
        raise DemoError("the patch changed more than the pod's affinity: please report this")
    return after


def _requirement(preference: dict[str, Any]) -> str:
    first = next(iter(preference.values()))[0]
    return f"{first['key']} {first['operator']} {', '.join(first['values'])}"


def _others(affinity: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (kind, strength.partition("During")[0])
        for kind, parts in affinity.items()
        for strength in parts
        if (kind, strength) != ("nodeAffinity", PREFERRED)
    ]
