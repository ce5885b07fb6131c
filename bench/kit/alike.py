"""All that is compared does the same work: patches, or pods' affinities, are equal as a whole before it is measured."""

import base64
import ssl
from collections.abc import Callable, Iterable, Mapping

import httpx
import msgspec

from bench.kit.corpus import Json
from bench.kit.errors import BenchError
from bench.kit.load import Load
from bench.kit.servers import Server
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def same_patches(servers: Mapping[str, Server], load: Load) -> None:
    """Waits until all of `servers` answer with one and the same patch: ours begin without a history.

    Raises:
        BenchError: one has no patch, or they differ; the message shows all of them.
    """
    wait_alike(servers, lambda name: patch_in(_asked(servers[name].url, load)))


def same_affinity(variants: Iterable[str], affinity_by: Callable[[str], Json]) -> None:
    """Waits until a pod is given one and the same node affinity through all of `variants`.

    `affinity_by` creates a pod through a variant, and tells its affinity.

    Raises:
        BenchError: one gives none, or they differ; the message shows all of them.
    """
    wait_alike(variants, lambda variant: affinity_by(variant).get("nodeAffinity"))


def wait_alike(names: Iterable[str], result_of: Callable[[str], object]) -> None:
    """Waits until `result_of` is one and the same for all `names`, and not nothing.

    Raises:
        BenchError: it is not; the message shows all of them.
    """
    found: dict[str, object] = {}

    def same() -> bool:
        found.update({name: result_of(name) for name in names})
        first, *others = found.values()
        return bool(first) and all(other == first for other in others)

    try:
        wait_until(same, "the same of all", PATIENCE_SECONDS)
    except TimeoutError as error:
        raise BenchError(f"these are not alike: {found}") from error


def patch_in(answer: bytes) -> list[Json]:
    """The operations that an AdmissionReview answers with; none if it holds no patch."""
    text = msgspec.json.decode(answer)["response"].get("patch")
    found: list[Json] = msgspec.json.decode(base64.b64decode(text)) if text else []
    return found


def _asked(url: str, load: Load) -> bytes:
    verify = ssl.create_default_context(cafile=load.authority) if load.authority else True
    return httpx.post(url, content=load.body.read_bytes(), verify=verify, trust_env=False, timeout=30).content
