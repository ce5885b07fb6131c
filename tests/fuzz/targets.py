"""What is fuzzed: each target by name, and how much of all inputs it gets."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import configmap, event, gitlab, manifest, query, review, watched, webhook
from tests.fuzz.rules import Alarm, Try


@dataclass(frozen=True, slots=True)
class Target:
    """`share` is its part of a thousand inputs; `make` takes a folder of its own and the alarm."""

    what: str
    share: int
    seeds: Callable[[], list[bytes]]
    make: Callable[[Path, Alarm], Try]


TARGETS = {
    "review": Target("AdmissionReview → mutate's door", 300, review.seeds, review.Review),
    "event": Target("CloudEvents → record's door", 250, event.seeds, event.Delivery),
    "webhook": Target("GitLab's webhook → hook's door", 150, webhook.seeds, webhook.Webhook),
    "configmap": Target("the ConfigMap → mirror, writer, merge", 130, configmap.seeds, configmap.InCluster),
    "watched": Target("lists and watches → informer, mirror", 80, watched.seeds, watched.Watching),
    "gitlab": Target("GitLab's answers → scaler", 45, gitlab.seeds, gitlab.Answering),
    "query": Target("a trigger's metadata → scaler", 40, query.seeds, query.Asking),
    "manifest": Target("the history's file → file store", 5, manifest.seeds, manifest.InFile),
}
