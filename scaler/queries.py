"""A trigger's metadata -> a Query: what is asked of GitLab, which of it counts, and what KEDA is told.

The parameters themselves are declared in `scaler.parameters`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from function.errors import QueryError
from scaler.parameters import PARAMETERS, PENDING_AND_RUNNING, Parameter
from scaler.queue import Selection
from scaler.values import closest, shown

FROM_ENV = "FromEnv"
KEDA_KEYS = frozenset({"scalerAddress", "enableTLS", "unsafeSsl"})
"""What KEDA's own trigger types read; it forwards these with the rest (pkg/scalers/external_scaler.go)."""

_SCOPES = ("projectId", "groupId", "instance")
_SECRET_WORDS = ("token", "secret", "password")


_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


@dataclass(frozen=True, slots=True)
class Source:
    """What is asked of GitLab; one poller serves everybody who asks the same.

    `level` is project, group or instance, `ref` the number or path of the first two. `running` says whether running
    jobs are wanted too. `timeout` is in seconds.
    """

    gitlab_url: str
    credential: str
    level: str
    ref: str = ""
    runner_id: int | None = None
    include_subgroups: bool = True
    running: bool = True
    max_pages: int = 50
    timeout: float = 10.0
    ca_file: str = ""
    insecure: bool = False

    @property
    def name(self) -> str:
        """A readable name for logs and metrics, with a digest that tells equal-looking ones apart."""
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:6]
        runner = f"/runner/{self.runner_id}" if self.runner_id else ""
        return f"{self.level}{f'/{self.ref}' if self.ref else ''}{runner}#{digest}"


@dataclass(frozen=True, slots=True)
class Query:
    """One trigger's question. `max_stale` is in seconds."""

    source: Source
    selection: Selection
    target: int = 1
    activation: int = 0
    max_stale: float = 120.0

    def active(self, value: int) -> bool:
        """Whether `value` wakes the target from zero: strictly above the activation target."""
        return value > self.activation


def parse(metadata: Mapping[str, str]) -> Query:
    """The query of a trigger's metadata, as KEDA forwards it.

    Raises:
        QueryError: one line that names the key, what is wrong with it, and the nearest right one.
    """
    values = _values(_given(metadata))
    level = _level(values)
    _check_together(values)
    source = Source(
        gitlab_url=values["gitlabUrl"],
        credential=values["credential"],
        level=level,
        ref=values[f"{level}Id"] if level != "instance" else "",
        runner_id=values["runnerId"],
        include_subgroups=values["includeSubgroups"],
        running=values["count"] == PENDING_AND_RUNNING,
        max_pages=values["maxPages"],
        timeout=values["requestTimeout"],
        ca_file=values["caFile"] or "",
        insecure=values["insecureSkipVerify"],
    )
    return Query(
        source=source,
        selection=_selection(values),
        target=values["targetQueueLength"],
        activation=values["activationTargetQueueLength"],
        max_stale=float(values["maxStaleSeconds"]),
    )


def _given(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata by parameter: without KEDA's own keys, and without the suffix of resolved ones."""
    given: dict[str, str] = {}
    for key, text in metadata.items():
        if key in KEDA_KEYS:
            continue
        name = key.removesuffix(FROM_ENV)
        if name not in _BY_NAME:
            raise QueryError(_unknown(key))
        if name in given:
            raise QueryError(f"{name} and {name}{FROM_ENV} are both given: keep one of them")
        given[name] = text.strip()
    return given


def _unknown(key: str) -> str:
    wrong = f"{shown(key)} is not a parameter"
    if any(word in key.lower() for word in _SECRET_WORDS):
        return f"{wrong}: a token lives in the scaler's own configuration; name it with 'credential'"
    near = closest(key, _BY_NAME)
    return f"{wrong}: did you mean {near!r}?" if near else f"{wrong}: known are {', '.join(_BY_NAME)}"


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    return {parameter.name: _value(parameter, given.get(parameter.name)) for parameter in PARAMETERS}


def _value(parameter: Parameter, text: str | None) -> Any:  # noqa: ANN401 - each kind has a type of its own
    if text is None:
        return None if parameter.default is None else parameter.kind.parse(parameter.default)
    try:
        return parameter.kind.parse(text)
    except ValueError:
        near = parameter.kind.nearest(text)
        hint = f"; did you mean {near!r}?" if near else ""
        raise QueryError(f"{parameter.name}: {shown(text)} is not {parameter.kind.allowed}{hint}") from None


def _level(values: Mapping[str, Any]) -> str:
    named = [name for name in _SCOPES if values[name]]
    if len(named) != 1:
        have = " and ".join(named) or "none of them"
        raise QueryError(f"exactly one of projectId, groupId and instance must be given, not {have}")
    return named[0].removesuffix("Id")


def _check_together(values: Mapping[str, Any]) -> None:
    """Refuses what would silently mean nothing."""
    if values["runnerId"] and (values["tags"] is not None or values["runUntagged"] is not None):
        raise QueryError("tags and runUntagged are the runner's own where runnerId is given: leave them out")
    if not values["includeSubgroups"] and not values["groupId"]:
        raise QueryError("includeSubgroups goes with groupId only: leave it out")


def _selection(values: Mapping[str, Any]) -> Selection:
    tags: frozenset[str] | None = values["tags"]
    untagged = values["runUntagged"]
    return Selection(
        tags=tags,
        run_untagged=not tags if untagged is None else untagged,
        running=values["count"] == PENDING_AND_RUNNING,
        min_queued_seconds=float(values["minQueuedSeconds"]),
        runner_id=values["runnerId"],
    )
