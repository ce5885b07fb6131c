"""A kubectl that is itself the cluster, in a file: what deploy.sh and undeploy.sh ask, answered as kubectl does.

kubectl_for_deploy.py STATE KUBECTL ARGUMENT… The state is JSON: `objects` (manifests), `kinds` (lines of `kubectl
api-resources --no-headers`), `changes` (what was changed, and when it was asked whom the webhook trusts, in order),
`late` (whether a wait ends without success), `trust` (what cert-manager wrote, in base64: caBundle, tls.crt).

It is run without site-packages (`python -I -S`), which it takes in when there is YAML to read: it is started some fifty
times by each deploy.
"""

import json
import re
import site
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def main(state: Path, kubectl: str, *args: str) -> int:
    """Answers one command line; the exit status. `kustomize` is the real kubectl's."""
    if args[0] == "kustomize":
        return subprocess.run([kubectl, *args], check=False).returncode
    cluster: Json = json.loads(state.read_text())
    if args[0] == "api-resources":
        print("\n".join(cluster["kinds"]))
    elif args[0] == "get":
        print(_get(cluster, args), end="")
        if args[-1].endswith(".caBundle}"):
            cluster["changes"].append("ask whom the webhook trusts")
            _keep(state, cluster)
    elif args[0] in {"delete", "apply"}:
        _delete(cluster, args) if args[0] == "delete" else _apply(cluster, args[-1])
        _keep(state, cluster)
    return int(args[0] == "wait" and cluster["late"])


def _keep(state: Path, cluster: Json) -> None:
    """In one step: deploy.sh asks two things at once, and the other may be reading."""
    new = state.with_suffix(".new")
    new.write_text(json.dumps(cluster))
    new.replace(state)


def _get(cluster: Json, args: tuple[str, ...]) -> str:
    """Names of what has no owner, by label; a Service's ports, by name; or what cert-manager wrote."""
    for key, written in cluster["trust"].items():
        if args[-1].replace("\\", "").endswith(f".{key}}}"):
            return str(written)
    found = _chosen(cluster, args)
    if "--selector" in args:
        return "".join(f"{it['metadata']['name']} " for it in found if "ownerReferences" not in it["metadata"])
    return " ".join(str(port["port"]) for it in found for port in it["spec"].get("ports", []))


def _delete(cluster: Json, args: tuple[str, ...]) -> None:
    """Takes away what is chosen; with a Namespace, all that lies in it."""
    gone = _chosen(cluster, args)
    spaces = {it["metadata"]["name"] for it in gone if it["kind"] == "Namespace"}
    cluster["changes"] += [f"delete {it['kind']} {it['metadata']['name']}" for it in gone]
    cluster["objects"] = [
        it for it in cluster["objects"] if it not in gone and it["metadata"].get("namespace") not in spaces
    ]


def _apply(cluster: Json, file: str) -> None:
    site.main()
    import yaml  # noqa: PLC0415 - to be found only now

    text = sys.stdin.read() if file == "-" else Path(file).read_text()
    new = {_identity(found): found for found in yaml.load_all(text, yaml.CSafeLoader) if found}
    cluster["changes"].append(f"apply {len(new)} object(s)")
    cluster["objects"] = list(({_identity(it): it for it in cluster["objects"]} | new).values())


def _chosen(cluster: Json, args: tuple[str, ...]) -> list[Json]:
    """The objects of the resource that comes first, by label, else by the name that comes second."""
    resource, _, group = args[1].partition(".")
    text = args[args.index("--selector") + 1] if "--selector" in args else ""
    labels = dict(re.findall(r"([^=,]+)=([^=,]+)", text))
    return [
        it
        for it in cluster["objects"]
        if (_plural(it["kind"]), it["apiVersion"].rpartition("/")[0]) == (_plural(resource), group)
        and (
            labels.items() <= it["metadata"].get("labels", {}).items()
            if labels
            else it["metadata"]["name"] == _word(args)
        )
    ]


def _word(args: tuple[str, ...]) -> str:
    return next(word for word in args[2:] if not word.startswith("-"))


def _plural(kind: str) -> str:
    name = kind.lower()
    return name if name.endswith("s") else f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _identity(found: Json) -> str:
    return f"{found['apiVersion']} {found['kind']} {found['metadata']['name']}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
