"""Real AdmissionReviews, and what `mutate` answers to them."""

import base64
import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonpatch

from demo.errors import DemoError

FOLDER = Path(__file__).parent / "data" / "reviews"
Json = Any


@dataclass(frozen=True, slots=True)
class Review:
    """One review as a kube-apiserver posts it."""

    content: dict[str, Json]

    @property
    def pod(self) -> dict[str, Json]:
        """The pod that it is about."""
        pod: dict[str, Json] = self.content["request"]["object"]
        return pod

    @property
    def name(self) -> str:
        """The pod's name; what it begins with where the API server has yet to choose the rest."""
        metadata = self.pod["metadata"]
        return str(metadata.get("name") or f"{metadata['generateName']}…")

    @property
    def labels(self) -> dict[str, str]:
        """The pod's labels."""
        labels: dict[str, str] = self.pod["metadata"]["labels"]
        return labels

    @property
    def affinity(self) -> Json:
        """The pod's `spec.affinity`; None if it has none."""
        return self.pod["spec"].get("affinity")

    def body(self) -> bytes:
        """What is posted."""
        return json.dumps(self.content, separators=(",", ":")).encode()

    def patched(self, patch: list[Json]) -> dict[str, Json]:
        """The pod after `patch`, as the API server makes it."""
        pod: dict[str, Json] = jsonpatch.apply_patch(self.pod, patch)
        return pod


@dataclass(frozen=True, slots=True)
class Answer:
    """What `mutate` decided of one review. `nodes` are pairs of a node's name and its term's weight."""

    reason: str
    key: str
    nodes: tuple[tuple[str, str], ...]
    patch: list[Json] | None


def load(name: str) -> Review:
    """The review in data/reviews/`name`.json."""
    return Review(json.loads((FOLDER / f"{name}.json").read_text()))


def with_secret(review: Review, secret: str) -> Review:
    """`review` with its cache volume replaced by a Secret of this name, as a runner mounts one."""
    content = copy.deepcopy(review.content)
    spec = content["request"]["object"]["spec"]
    others = [volume for volume in spec["volumes"] if not volume["name"].startswith("runner-cache")]
    spec["volumes"] = [{"name": secret, "secret": {"secretName": secret}}, *others]
    return Review(content)


def with_label(review: Review, label: str, value: str) -> Review:
    """`review` with a label of its pod set to `value`."""
    content = copy.deepcopy(review.content)
    content["request"]["object"]["metadata"]["labels"][label] = value
    return Review(content)


def read_answer(body: bytes) -> Answer:
    """The answer to a review.

    Raises:
        DemoError: it refuses the pod, which `mutate` never does.
    """
    response = json.loads(body)["response"]
    if not response["allowed"]:
        raise DemoError("mutate refused a pod, which it must never do: please report this")
    notes = response["auditAnnotations"]
    pairs = tuple(tuple(pair.split("=")) for pair in notes.get("nodes", "").split(",") if pair)
    patch = json.loads(base64.b64decode(response["patch"])) if "patch" in response else None
    return Answer(notes["reason"], notes.get("key", ""), tuple((node, weight) for node, weight in pairs), patch)
