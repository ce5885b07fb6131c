"""Posts one CloudEvent and prints the status, and when it was posted and answered, in seconds since 1970.

It is run as a file, where its target is reached: `post.py HOST FILE`. The bearer's token comes by standard input: an
argument would stand in errors and in the list of processes.
"""

import http.client
import sys
import time
from pathlib import Path


def main(host: str, file: str) -> None:
    """Posts `file` to `host`, port 80."""
    headers = {"Content-Type": "application/cloudevents+json", "Authorization": f"Bearer {sys.stdin.read().strip()}"}
    body = Path(file).read_bytes()
    posted = time.time()
    connection = http.client.HTTPConnection(host)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    answer.read()
    print(answer.status, posted, time.time())


if __name__ == "__main__":
    main(*sys.argv[1:])
