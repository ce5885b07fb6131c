"""Target: the CloudEvent. Headers and body, in every mode, through `record`'s door into a history in memory."""

import base64
import json
from pathlib import Path
from typing import Any

from function.commit import GroupCommit
from function.events import NODE_REMOVED, POD_BOUND
from function.record import Record
from function.stores.memory import MemoryHistory
from function.stores.protocol import Limits
from tests.fuzz import messages
from tests.fuzz.door import Door, metrics
from tests.fuzz.rules import Alarm, hold

_MAX_BYTES = 32_768
"""Of the history: small, so that keys leave it all the time."""

_BASE = {"specversion": "1.0", "source": "/clusters/eu-1/api/v1/pods", "time": "2026-11-24T08:00:00Z"}
_DATA = {
    POD_BOUND: {
        "key": "41",
        "node": "node-3",
        "boundAt": "2026-11-24T08:00:00Z",
        "podUid": "9f1c",
        "namespace": "ci",
        "runnerId": "41",
        "projectId": "7",
    },
    NODE_REMOVED: {"node": "node-3", "removedAt": "2026-11-24T09:00:00Z"},
}


def seeds() -> list[bytes]:
    """Both of our events in each mode, one of others', and the handshake."""
    found = [_structured(event) for event in _events()]
    found += [_structured(_encoded(event)) for event in _events()]
    found += [_binary(event) for event in _events()]
    found.append(messages.written({"content-type": "application/cloudevents-batch+json"}, _json(_events())))
    found.append(messages.written({"webhook-request-origin": "eventing.example"}, b"", "OPTIONS"))
    return found


def _events() -> list[dict[str, Any]]:
    ours = [{**_BASE, "id": str(place), "type": kind, "data": data} for place, (kind, data) in enumerate(_DATA.items())]
    return [*ours, {**_BASE, "id": "9", "type": "com.example.other", "cluster": "eu-1", "data": [1.5, "x"]}]


def _structured(event: dict[str, Any]) -> bytes:
    return messages.written({"content-type": "application/cloudevents+json; charset=utf-8"}, _json(event))


def _encoded(event: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in event.items() if name != "data"}
    return {**rest, "data_base64": base64.b64encode(_json(event["data"])).decode()}


def _binary(event: dict[str, Any]) -> bytes:
    headers = {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}
    return messages.written({**headers, "content-type": "application/json"}, _json(event["data"]))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


class Delivery:
    """`record` that takes events from anyone."""

    def __init__(self, _scratch: Path, alarm: Alarm) -> None:
        self._store = MemoryHistory(Limits(8, _MAX_BYTES))
        own = metrics()
        self._door = Door(Record(GroupCommit(self._store.write), _anyone, own), own, alarm)

    def __call__(self, data: bytes) -> int:
        """How far `data` came: refused, taken, or in the history."""
        before = self._store.snapshot()
        answer = self._door.ask(messages.read(data))
        changed = self._store.snapshot() is not before
        hold(answer.status == 204 or not changed, "something was recorded, and the sender not told")
        return changed + (answer.status < 300)


async def _anyone(_authorization: str) -> None:
    """Takes events from anyone."""
