"""Target: a trigger's metadata, as anybody in the cluster may write it into a ScaledObject."""

import json
from pathlib import Path

import msgspec

from function.errors import QueryError
from scaler.queries import parse
from tests.fuzz.rules import Alarm, hold

_LONGEST = 1000


def seeds() -> list[bytes]:
    """Metadata as docs/scaler.md shows it, and as KEDA forwards it."""
    found = (
        {"projectId": "group/project", "tags": "linux,docker", "targetQueueLength": "2", "scalerAddress": "s:9090"},
        {"groupId": "42", "includeSubgroups": "false", "runUntagged": "true", "maxStaleSeconds": "2m"},
        {"instance": "true", "count": "pending", "minQueuedSeconds": "10", "gitlabUrl": "https://gitlab.example.com/x"},
        {"projectIdFromEnv": "7", "runnerId": "41", "activationTargetQueueLength": "1", "credential": "team-a"},
        {"projectId": "7", "requestTimeout": "10s", "maxPages": "3", "caFile": "ca.crt", "insecureSkipVerify": "no"},
    )
    return [json.dumps(metadata).encode() for metadata in found]


class Asking:
    """`parse` and nothing else."""

    def __init__(self, _scratch: Path, _alarm: Alarm) -> None:
        pass

    def __call__(self, data: bytes) -> int:
        """How far `data` came: no metadata that gRPC could carry, refused, or a query."""
        try:
            metadata = msgspec.json.decode(data, type=dict[str, str])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return 0
        try:
            parse(metadata)
        except QueryError as error:
            hold(len(str(error)) < _LONGEST, "an error that is no line but a book")
            hold(str(error).isprintable(), "an error with something in it that no log should hold")
            return 1
        return 2
