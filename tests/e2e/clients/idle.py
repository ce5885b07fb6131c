"""Reviews with pauses between them, on many connections at once: does every answer come on the connection that idled?

Prints one line of JSON: for each pause, the calls made, and what failed.
"""

import argparse
import http.client
import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_TIMEOUT = 10.0


def main() -> None:
    """Runs one pause after another, so that nothing breaks the silence behind the gateway."""
    options = _options()
    body = Path(options.review).read_bytes()
    context = ssl.create_default_context(cafile=options.ca)
    pauses = [float(word) for word in options.pauses.split(",")]
    outcome = {}
    with ThreadPoolExecutor(options.connections) as pool:
        for pause in pauses:
            jobs = [
                pool.submit(_rounds, options.host, context, body, pause, options.rounds)
                for _ in range(options.connections)
            ]
            outcome[str(pause)] = _sum([job.result() for job in jobs])
    print(json.dumps(outcome))


def _rounds(host: str, context: ssl.SSLContext, body: bytes, pause: float, rounds: int) -> list[str]:
    """The outcome of each call on one connection: "ok", or what went wrong."""
    raw = socket.create_connection((host, 443), timeout=_TIMEOUT)
    connection = http.client.HTTPConnection(host, timeout=_TIMEOUT)
    connection.sock = context.wrap_socket(raw, server_hostname=host)
    connection.auto_open = 0  # a connection that was closed must show, not be opened anew
    outcomes = [_call(connection, body)]
    for _ in range(rounds):
        time.sleep(pause)
        outcomes.append(_call(connection, body))
    connection.close()
    return outcomes


def _call(connection: http.client.HTTPConnection, body: bytes) -> str:
    try:
        connection.request("POST", "/?timeout=1s", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        allowed = json.loads(answer.read())["response"]["allowed"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return "ok" if allowed is True and answer.status == http.client.OK else f"status {answer.status}"


def _sum(connections: list[list[str]]) -> dict[str, object]:
    calls = [call for connection in connections for call in connection]
    return {"calls": len(calls), "failed": sorted(call for call in calls if call != "ok")}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--review", required=True)
    parser.add_argument("--pauses", default="4,5,6,65")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    main()
