"""A kubectl that keeps objects as files: what config/certs/generate.sh asks of it, with calls that fail when told.

Run as a program, in the folder FAKE_KUBECTL: `secrets/<name>` is a Secret's data as JSON, `webhook` the caBundle. After
each write, `history/<number>` has all of it as JSON; `fails` is a regular expression of the calls to refuse. It stands
in for sleep(1) too, so that waiting has its place in the history, and takes no time.
"""

import base64
import json
import os
import re
import sys
from pathlib import Path

Data = dict[str, str]


class Refused(Exception):
    """The call failed; the message is what kubectl would print."""


def main(args: list[str], folder: Path) -> str:
    """What the command line prints.

    Raises:
        Refused: it was told to fail, or is none that is known here.
    """
    fails = folder / "fails"
    if fails.exists() and re.search(fails.read_text(), " ".join(args)):
        raise Refused("Error from server (ServiceUnavailable): the server is currently unable to handle the request")
    if args[0] == "--namespace":
        args = args[2:]
    match args:
        case ["get", "secret", name, "--ignore-not-found", "-o", _]:
            return _secret(folder / "secrets" / name)
        case ["get", "mutatingwebhookconfiguration", name, "--ignore-not-found", "-o", _]:
            return _webhook(folder / "webhook", name)
        case ["create", "secret", _, name, *files]:
            return json.dumps({"name": name, "data": _encoded(files)})
        case ["apply", *_]:
            return _apply(folder, sys.stdin.read())
        case ["sleep", seconds]:
            return _remember(folder, f"sleep {seconds}")
        case ["patch", "mutatingwebhookconfiguration", _, "--type=json", "--patch", patch]:
            (folder / "webhook").write_text(json.loads(patch)[0]["value"])
            return _remember(folder, "webhook")
    raise Refused(f"unknown here: {args}")


def _secret(file: Path) -> str:
    if not file.exists():
        return ""
    lines = [f"{key} {value}\n" for key, value in json.loads(file.read_text()).items()]
    return "".join([f"{file.name}\n", *lines])


def _webhook(file: Path, name: str) -> str:
    return f"{name} {file.read_text() or '<no value>'}" if file.exists() else ""


def _encoded(args: list[str]) -> Data:
    keys = {"--cert": "tls.crt", "--key": "tls.key"}
    pairs = [arg.removeprefix("--from-file=").split("=", 1) for arg in args if arg.endswith((".crt", ".key"))]
    return {keys.get(key, key): base64.b64encode(Path(file).read_bytes()).decode() for key, file in pairs}


def _apply(folder: Path, text: str) -> str:
    if not text:
        raise Refused("error: no objects passed to apply")
    manifest = json.loads(text)
    (folder / "secrets" / manifest["name"]).write_text(json.dumps(manifest["data"]))
    return _remember(folder, manifest["name"])


def _remember(folder: Path, written: str) -> str:
    history = folder / "history"
    webhook = folder / "webhook"
    secrets = {file.name: json.loads(file.read_text()) for file in (folder / "secrets").iterdir()}
    state = {"written": written, "secrets": secrets, "webhook": webhook.read_text() if webhook.exists() else ""}
    (history / f"{len(list(history.iterdir())):03}").write_text(json.dumps(state))
    return ""


if __name__ == "__main__":
    try:
        print(main(sys.argv[1:], Path(os.environ["FAKE_KUBECTL"])), end="")
    except Refused as error:
        sys.exit(str(error))
