"""The trigger in a YAML file: a trigger's metadata alone, or a ScaledObject or ScaledJob as a person writes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from function.errors import QueryError
from scaler.parameters import PARAMETERS
from scaler.queries import FROM_ENV

_TRIGGERS = ("external", "external-push")  # whatever stands there is compared, hashable or not
_RESOLVED = {f"{parameter.name}{FROM_ENV}" for parameter in PARAMETERS}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger's metadata, and the namespace that asks, None if the file does not say."""

    metadata: Mapping[str, str]
    namespace: str | None


def read(path: Path) -> Trigger:
    """The trigger in the file.

    Raises:
        QueryError: there is none, or more than one, or it is not what KEDA takes.
    """
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]
    except (OSError, UnicodeError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise QueryError(f"{path} is not a readable YAML file: {type(error).__name__}") from None
    triggers = [trigger for one in documents for trigger in _triggers(one)]
    if len(triggers) != 1:
        raise QueryError(f"{path} must hold one query: metadata, or one external trigger; it holds {len(triggers)}")
    return triggers[0]


def _triggers(document: object) -> Iterator[Trigger]:
    if not isinstance(document, dict):
        raise QueryError("a query is a mapping of metadata, or a ScaledObject or ScaledJob")
    if "spec" not in document:
        yield Trigger(_metadata(document), None)
        return
    namespace = _mapping(document.get("metadata"), "metadata").get("namespace")
    triggers = _mapping(document["spec"], "spec").get("triggers") or []
    if not isinstance(triggers, list):
        raise QueryError("spec.triggers is no list")
    for number, one in enumerate(triggers):
        trigger = _mapping(one, f"spec.triggers[{number}]")
        if trigger.get("type") in _TRIGGERS:
            metadata = _mapping(trigger.get("metadata"), f"spec.triggers[{number}].metadata")
            yield Trigger(_metadata(metadata), None if namespace is None else _text(namespace))


def _mapping(value: object, where: str) -> dict[Any, Any]:
    """The mapping that `value` is; nothing at all is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise QueryError(f"{where} is no mapping")
    return value


def _metadata(values: Mapping[Any, Any]) -> dict[str, str]:
    """A trigger's metadata as KEDA would forward it."""
    metadata = {str(key): _text(value) for key, value in values.items()}
    for key in metadata.keys() & _RESOLVED:
        raise QueryError(
            f"{key}: KEDA takes its value from the environment of the container that it scales, which is not known "
            f"here: give the value itself, as {key.removesuffix(FROM_ENV)}"
        )
    return metadata


def _text(value: object) -> str:
    """A YAML value as Kubernetes would have it quoted: true, 5."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
