"""Prints requests that the installed cloudevents library makes of bindings, one JSON object for each mode.

Run with either environment's Python: .venv has version 1 of the library, .venv-func has version 2.
"""

import base64
import importlib.metadata
import json
import sys
from typing import Any

TYPE = "dev.hookrunner.pod.bound.v1"


def attributes(mode: str) -> dict[str, Any]:
    """The context attributes, with two extension attributes among them."""
    return {
        "specversion": "1.0",
        "id": f"uid of {mode}",
        "source": "/clusters/eu/pods",
        "type": TYPE,
        "subject": "ci/a pod, 100 %",
        "cluster": "eu-1",
        "datacontenttype": "application/json",
    }


def data(version: str, mode: str) -> dict[str, Any]:
    """The binding that the event tells: each mode of each version has a key of its own."""
    return {"key": f"library-{version}-{mode}", "node": "node-3", "boundAt": "2026-11-24T08:00:00Z"}


def with_version_1(mode: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of one event, by version 1."""
    from cloudevents.conversion import to_binary, to_structured  # noqa: PLC0415 - only where it is installed
    from cloudevents.http import CloudEvent  # noqa: PLC0415 - as above

    convert = to_binary if mode == "binary" else to_structured
    headers, body = convert(CloudEvent(attributes(mode), data("1", mode)))
    return dict(headers), body


def with_version_2(mode: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of one event, by version 2."""
    from cloudevents.core.bindings.http import to_binary_event, to_structured_event  # noqa: PLC0415 - as above
    from cloudevents.core.v1.event import CloudEvent  # noqa: PLC0415 - as above

    convert = to_binary_event if mode == "binary" else to_structured_event
    message = convert(CloudEvent(attributes(mode), data("2", mode)))
    return dict(message.headers), message.body


def main() -> None:
    """Prints a request for each mode; neither version makes batches, so one is put together of what it makes."""
    version = importlib.metadata.version("cloudevents")
    make = with_version_1 if version.startswith("1.") else with_version_2
    requests = {mode: make(mode) for mode in ("binary", "structured")}
    batch = [make(f"batched-{index}")[1] for index in range(3)]
    requests["batched"] = ({"content-type": "application/cloudevents-batch+json"}, b"[" + b",".join(batch) + b"]")
    for mode, (headers, body) in requests.items():
        line = {"version": version, "mode": mode, "headers": headers, "body": base64.b64encode(body).decode()}
        sys.stdout.write(f"{json.dumps(line)}\n")


if __name__ == "__main__":
    main()
