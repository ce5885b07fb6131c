"""Posts a file to a URL, with an Authorization header if there is one; prints one line of JSON: status and body."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(url: str, file: str, content_type: str, token: str) -> None:
    """One POST."""
    headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, Path(file).read_bytes(), headers)  # noqa: S310 - an address of the test's own
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            print(json.dumps([answer.status, answer.read().decode()]))
    except urllib.error.HTTPError as error:
        print(json.dumps([error.code, error.read().decode()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
